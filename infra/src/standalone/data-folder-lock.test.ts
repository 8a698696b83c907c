import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processIdentity } from '../process-identity.ts';
import { DataFolderInUse, lockDataFolder } from './data-folder-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fleetbeat-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const file = () => join(folder, 'run', 'standalone.lock');

describe('the lock of a data folder', () => {
  it('is held by one process, until it gives it back', async () => {
    const unlock = await lockDataFolder(folder);
    await expect(lockDataFolder(folder)).rejects.toThrow(DataFolderInUse);
    await unlock();
    await (
      await lockDataFolder(folder)
    )();
  });

  it('is taken over from a process that has died', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    const identity = await processIdentity(pid);
    await (
      await lockDataFolder(folder)
    )();
    await writeFile(file(), JSON.stringify({ pid, identity }));
    await expect(lockDataFolder(folder)).rejects.toThrow(`process ${pid}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (
      await lockDataFolder(folder)
    )();
  });

  it('is taken over where the number now belongs to another process', async () => {
    await (
      await lockDataFolder(folder)
    )();
    await writeFile(file(), JSON.stringify({ pid: process.pid, identity: 'another boot:1' }));
    await (
      await lockDataFolder(folder)
    )();
  });

  it('comes without the process numbers of an earlier holder', async () => {
    await (
      await lockDataFolder(folder)
    )();
    await writeFile(join(folder, 'run', 'gateway.pid'), '4711');
    const unlock = await lockDataFolder(folder);
    expect(await readdir(join(folder, 'run'))).toEqual(['standalone.lock']);
    await unlock();
  });

  it('is taken over where the file was cut short by a crash', async () => {
    await (
      await lockDataFolder(folder)
    )();
    await writeFile(file(), '{"pid":');
    await (
      await lockDataFolder(folder)
    )();
  });
});
