import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../logger.ts';
import { isAlive } from '../process-identity.ts';
import { restartDelay, type Supervised, supervise } from './supervise.ts';

const logger = createLogger('supervise-test', 'silent');
let folder: string;
let pidFile: string;
let supervised: Supervised | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fleetbeat-supervise-'));
  pidFile = join(folder, 'child.pid');
});
afterEach(async () => {
  await supervised?.stop();
  await rm(folder, { recursive: true, force: true });
});

function run(program: string): Supervised {
  supervised = supervise(
    'child',
    () => spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] }),
    pidFile,
    logger,
  );
  return supervised;
}

async function pid(): Promise<number> {
  return Number(await readFile(pidFile, 'utf8'));
}

const soon = { timeout: 20_000, interval: 20 };
const RUNS = `process.send('ready'); setInterval(() => {}, 1000);`;

describe('a supervised process', () => {
  it('is started again when it was killed, and leaves its number in a file', async () => {
    await run(RUNS).ready;
    const first = await vi.waitFor(pid, soon);
    process.kill(first, 'SIGKILL');
    const second = await vi.waitFor(
      async () => {
        const number = await pid();
        expect(number).not.toBe(first);
        return number;
      },
      { timeout: 10_000 },
    );
    expect(isAlive(second)).toBe(true);
  }, 15_000);

  it('is stopped for good, and its number forgotten', async () => {
    const child = run(RUNS);
    await child.ready;
    const number = await vi.waitFor(pid, soon);
    await child.stop();
    expect(isAlive(number)).toBe(false);
    await expect(readFile(pidFile)).rejects.toThrow(/ENOENT/);
  });

  it('stays stopped where the stop comes during the wait for the next start', async () => {
    const child = run(`setTimeout(() => process.exit(3), 300)`);
    await vi.waitFor(pid, soon);
    await vi.waitFor(() => expect(readFile(pidFile)).rejects.toThrow(/ENOENT/), { ...soon, interval: 10 });
    await child.stop();
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await expect(readFile(pidFile)).rejects.toThrow(/ENOENT/);
  });
});

describe('the wait before a restart', () => {
  it.each([
    [1, 250],
    [2, 500],
    [3, 1_000],
    [7, 16_000],
    [8, 30_000],
    [60, 30_000],
  ])('is after %i short runs in a row %i ms', (failures, delay) => {
    expect(restartDelay(failures)).toBe(delay);
  });
});
