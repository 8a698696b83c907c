import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { isAlive, processIdentity } from './process-identity.ts';

it('this process runs, and is itself', async () => {
  expect(isAlive(process.pid)).toBe(true);
  expect(await processIdentity(process.pid)).toMatch(/\S/);
  expect(await processIdentity(process.pid)).toBe(await processIdentity(process.pid));
});

it.runIf(process.platform === 'linux')('one that has ended does not run, though nobody has collected it', async () => {
  // What it starts first belongs to a program that never asks how it ended.
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    await expect.poll(() => readFile(`/proc/${pid}/stat`, 'utf8')).toMatch(/\) Z /);
    expect(isAlive(pid)).toBe(false);
    expect(await processIdentity(pid)).toBeUndefined();
  } finally {
    parent.kill('SIGKILL');
  }
});
