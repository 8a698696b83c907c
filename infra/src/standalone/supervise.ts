import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import type { Logger } from '../logger.ts';
import { READY_MESSAGE } from '../service-context.ts';

/** Most ends are accidents that a new start mends: events are not seen meanwhile. */
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 30_000;
/** Whoever ran this long, in milliseconds, starts over with the shortest delay. */
const STEADY_MS = 10_000;
/** How long a process may take to stop before it is killed, in milliseconds. */
const STOP_MS = 25_000;

/** How long to wait before the next start after `failures` short runs in a row: 250 ms, doubled up to 30 s. */
export function restartDelay(failures: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.max(0, failures - 1));
}

export interface Supervised {
  /** Resolves when the process has said for the first time that it is ready. */
  readonly ready: Promise<void>;
  /** SIGTERM, then SIGKILL after 25 s. No restart follows. */
  stop(): Promise<void>;
}

/**
 * Keeps a process running: starts it again with a growing delay whenever it ends. Its number is in `pidFile`
 * while it runs.
 */
export function supervise(name: string, spawnChild: () => ChildProcess, pidFile: string, logger: Logger): Supervised {
  let child: ChildProcess | undefined;
  let stopping = false;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  const { promise: ready, resolve: becomeReady } = Promise.withResolvers<void>();

  // One after the other: a slow write must not bring back the number of a process that has ended since.
  function remember(pid: number | undefined): void {
    writing = writing
      .then(() => (pid === undefined ? rm(pidFile, { force: true }) : writeFile(pidFile, `${pid}\n`)))
      .catch((error: unknown) => logger.warn({ err: error, file: pidFile }, 'the pid file cannot be written'));
  }

  function start(): void {
    const startedAt = Date.now();
    const started = spawnChild();
    child = started;
    remember(started.pid);
    started.on('message', (message) => {
      if (message === READY_MESSAGE) becomeReady();
    });
    let ended = false;
    const onEnd = (how: string) => {
      if (ended) return;
      ended = true;
      child = undefined;
      remember(undefined);
      if (stopping) return;
      failures = Date.now() - startedAt >= STEADY_MS ? 1 : failures + 1;
      const delay = restartDelay(failures);
      logger.error({ service: name, how, restart_in_ms: delay }, `${name} has ended`);
      timer = setTimeout(start, delay);
    };
    started.once('exit', (code, signal) => onEnd(signal ?? `code ${code}`));
    started.once('error', (error) => onEnd(error.message));
  }
  start();

  return {
    ready,
    async stop() {
      stopping = true;
      clearTimeout(timer);
      const last = child;
      if (last !== undefined) {
        const exit = once(last, 'exit');
        last.kill('SIGTERM');
        const killer = setTimeout(() => {
          logger.error({ service: name }, `${name} does not stop: killing it`);
          last.kill('SIGKILL');
        }, STOP_MS);
        await exit;
        clearTimeout(killer);
      }
      await writing;
    },
  };
}
