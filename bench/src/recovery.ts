import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createCanaries } from '../../e2e/chaos/canaries.ts';
import { readPid } from '../../e2e/chaos/inflict.ts';
import { watchScreen } from '../../e2e/chaos/screen.ts';
import { waitUntil } from '../../e2e/chaos/wait-until.ts';
import { startSystem } from '../../e2e/start-system.ts';
import { startClusterServers } from '../../infra/native/cluster-servers.ts';
import type { LoadAnswer, LoadOrder } from './load.ts';
import { runChild } from './run-child.ts';

const KILLS = 3;
/** Events a second meanwhile. */
const RATE = 2_000;
/** Pause before a kill: longer than a cut, so that one is open and the one before is stored. */
const SPACED_MS = 12_000;
const TIMEOUT_MS = 60_000;

/**
 * Seconds from kill -9 of the only processor until an event of every partition that was sent after it is on a dashboard that
 * stayed open: the median of three, under load.
 */
export async function benchRecovery(deployment: 'kafka' | 'standalone'): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetbeat-bench-'));
  const servers = deployment === 'kafka' ? await startClusterServers({ dataDir: folder }) : undefined;
  try {
    const system = await startSystem({ ...servers?.variables });
    const screen = watchScreen(system);
    try {
      const canaries = createCanaries(system);
      const pidOfProcessors = (): Promise<number> =>
        waitUntil('the processors run', () => readPid(system, 'processors'), TIMEOUT_MS);
      const order: LoadOrder = {
        ...{ url: system.ingest, key: system.key, seconds: (KILLS * (SPACED_MS + TIMEOUT_MS)) / 1_000, rate: RATE },
        ...{ eventsPerRequest: 100, connections: 2, agents: 200, firstId: 0 },
      };
      const end = new AbortController();
      const load = runChild<LoadAnswer>(join(import.meta.dirname, 'load.ts'), [JSON.stringify(order)], undefined, end.signal);
      // Its end is ours.
      load.catch(() => undefined);
      const times: number[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        await pause(SPACED_MS);
        const start = performance.now();
        process.kill(await pidOfProcessors(), 'SIGKILL');
        await canaries.send(TIMEOUT_MS);
        const acknowledgedAt = Date.now();
        await waitUntil(
          'the dashboard shows it',
          () => Promise.resolve(screen.through >= acknowledgedAt ? true : undefined),
          TIMEOUT_MS,
        );
        times.push((performance.now() - start) / 1_000);
      }
      end.abort();
      times.sort((a, b) => a - b);
      return {
        [`recovery_s_${deployment}`]: times[Math.floor(KILLS / 2)] ?? Number.NaN,
        [`recovery_worst_s_${deployment}`]: times.at(-1) ?? Number.NaN,
      };
    } finally {
      screen.close();
      await system.stop();
    }
  } finally {
    await servers?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
