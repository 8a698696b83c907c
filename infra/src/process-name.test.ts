import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hasEnded, processName } from './process-name.ts';

const MODULE = join(import.meta.dirname, 'process-name.ts');

it('tells whether the process behind a name still runs', async () => {
  const program = `import(${JSON.stringify(MODULE)}).then(async (module) => console.log(await module.processName())); setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output] = (await once(child.stdout, 'data')) as [Buffer];
  const name = `client of ${output.toString().trim()}, a processor`;
  expect(await hasEnded(name)).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await hasEnded(name)).toBe(true);
});

it('takes a later process under the same number for another one', async () => {
  const own = await processName();
  expect(await hasEnded(own)).toBe(false);
  expect(await hasEnded(own.replace(/[0-9a-f]{8}$/, '00000000'))).toBe(true);
});

it('says nothing of processes elsewhere and of names that are not its own', async () => {
  const own = await processName();
  expect(await hasEnded(own.replace(/-[0-9a-f]{8}-/, '-00000000-'))).toBe(false);
  expect(await hasEnded('fleetbeat')).toBe(false);
});
