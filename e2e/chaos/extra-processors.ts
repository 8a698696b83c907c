import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { READY_MESSAGE } from '@fleetbeat/infra/service-context.ts';
import type { RunningSystem } from '../start-system.ts';

const SERVICE = join(import.meta.dirname, '..', '..', 'infra', 'src', 'service.ts');
const STOP_MS = 30_000;

/** Processors beside the supervised one, as an operator adds them on further machines. */
export interface ExtraProcessors {
  readonly count: number;
  /** Resolves when it says that it is ready. Rejects when it ends before. */
  add(): Promise<void>;
  /** Ends the oldest one; resolves when it has gone. */
  remove(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Those that have ended although nobody asked them to, in words. Nobody restarts these. */
  readonly lost: readonly string[];
  stop(): Promise<void>;
}

/** Their output goes to `processors.log` in the data folder. */
export function createExtraProcessors(system: RunningSystem): ExtraProcessors {
  const running: ChildProcess[] = [];
  const asked = new Set<ChildProcess>();
  const lost: string[] = [];

  async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    asked.add(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    const killer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await exit;
    clearTimeout(killer);
  }

  return {
    get count() {
      return running.length;
    },
    lost,
    async add() {
      const log = openSync(join(system.dataDir, 'processors.log'), 'a');
      const child = spawn(process.execPath, [SERVICE, 'processors'], {
        // The port is the supervised one's.
        env: { ...system.env, METRICS_PORT: '' },
        stdio: ['ignore', log, log, 'ipc'],
      });
      closeSync(log);
      running.push(child);
      child.once('exit', (code, signal) => {
        if (!asked.has(child)) lost.push(`an added processor ended by itself with ${signal ?? `code ${code}`}`);
      });
      await new Promise<void>((resolve, reject) => {
        child.on('message', (message) => message === READY_MESSAGE && resolve());
        child.once('exit', () => reject(new Error('the added processor ended before it was ready')));
      });
    },
    async remove(signal) {
      const child = running.shift();
      if (child === undefined) throw new Error('no processor was added');
      await end(child, signal);
    },
    async stop() {
      await Promise.all(running.splice(0).map((child) => end(child, 'SIGTERM')));
    },
  };
}
