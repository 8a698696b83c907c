import { join } from 'node:path';
import { startService, type RunningService } from '../start-service.ts';
import type { RunningSystem } from '../start-system.ts';

/** Processors beside the supervised one, as an operator adds them on further machines. */
export interface ExtraProcessors {
  readonly count: number;
  /** Resolves when it says that it is ready. */
  add(): Promise<void>;
  /** Ends the oldest one; resolves when it has gone. */
  remove(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Those that have ended although nobody asked them to, in words. Nobody restarts these. */
  readonly lost: readonly string[];
  stop(): Promise<void>;
}

/** Their output goes to `processors.log` in the data folder. */
export function createExtraProcessors({ env, dataDir }: Pick<RunningSystem, 'env' | 'dataDir'>): ExtraProcessors {
  const running: RunningService[] = [];
  const lost: string[] = [];
  return {
    get count() {
      return running.length;
    },
    lost,
    async add() {
      // The port for metrics is the supervised one's.
      const service = await startService('processors', { ...env, METRICS_PORT: '' }, join(dataDir, 'processors.log'));
      running.push(service);
      void service.lost.then((how) => lost.push(`added: ${how}`));
    },
    async remove(signal) {
      const service = running.shift();
      if (service === undefined) throw new Error('no processor was added');
      await service.stop(signal);
    },
    async stop() {
      await Promise.all(running.splice(0).map((service) => service.stop()));
    },
  };
}
