import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Pipeline } from '@fleetbeat/contracts/api.ts';
import { watchScreen } from '../../agents-simulator/src/screen-watch.ts';
import { startSystem, type RunningSystem } from '../../e2e/start-system.ts';
import { startClusterServers } from '../../infra/native/cluster-servers.ts';
import type { Acknowledged, LoadAnswer, LoadOrder } from './load.ts';
import { runChild } from './run-child.ts';

const FULL_LOAD_SECONDS = 60;
const HALF_LOAD_SECONDS = 20;
const CAUGHT_UP_MS = 180_000;

/**
 * The whole system under as much load as it acknowledges for 60 s: events a second of wall clock from the first
 * request until the ledger accounts for the last event, raw events on; then, at half that rate, how long an event
 * takes to leave the BFF. Load generator, engines and services share the machine.
 */
export async function benchEndToEnd(deployment: 'kafka' | 'standalone'): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetbeat-bench-'));
  const servers = deployment === 'kafka' ? await startClusterServers({ dataDir: folder }) : undefined;
  try {
    const system = await startSystem({ ...servers?.variables });
    try {
      const startedAt = Date.now();
      const full = await load(system, { seconds: FULL_LOAD_SECONDS, rate: 0, firstId: 0 });
      const ledger = await caughtUp(system, full.accepted);
      const perSecond = full.accepted / ((Date.now() - startedAt) / 1_000);
      if (ledger.duplicate !== 0 || ledger.dead_lettered !== 0) throw new Error('the ledger shows duplicates or dead letters');

      const screen = watchScreen(system.api, system.key);
      await pause(1_000);
      await load(
        system,
        { seconds: HALF_LOAD_SECONDS, rate: perSecond / 2, firstId: 500_000_000 },
        ({ sentAt, acknowledgedAt }) => {
          screen.acknowledged(sentAt, acknowledgedAt);
        },
      );
      for (const deadline = Date.now() + 10_000; screen.pending > 0 && Date.now() < deadline;) await pause(100);
      const { latencies } = screen;
      screen.close();
      return {
        [`end_to_end_${deployment}_events_per_s`]: perSecond,
        [`end_to_end_${deployment}_acknowledged_per_s`]: full.accepted / full.seconds,
        [`end_to_end_${deployment}_shed_requests`]: full.shed,
        [`screen_p50_ms_${deployment}`]: latencies.quantile(0.5) ?? Number.NaN,
        [`screen_p99_ms_${deployment}`]: latencies.quantile(0.99) ?? Number.NaN,
      };
    } finally {
      await system.stop();
    }
  } finally {
    await servers?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function load(
  system: RunningSystem,
  order: Pick<LoadOrder, 'seconds' | 'rate' | 'firstId'>,
  onAcknowledged: (acknowledged: Acknowledged) => void = () => undefined,
): Promise<LoadAnswer> {
  const whole: LoadOrder = { ...order, url: system.ingest, key: system.key, eventsPerRequest: 200, connections: 8, agents: 200 };
  return runChild<LoadAnswer>(join(import.meta.dirname, 'load.ts'), [JSON.stringify(whole)], (message) => {
    onAcknowledged(message as Acknowledged);
  });
}

/** Waits until the ledger accounts for every accepted agent event; the host probe's samples come on top. */
async function caughtUp(system: RunningSystem, accepted: number): Promise<{ duplicate: number; dead_lettered: number }> {
  for (const deadline = Date.now() + CAUGHT_UP_MS; ;) {
    const pipeline = await system.get<Pipeline>('/pipeline');
    const sources = pipeline.sources.filter(({ topic }) => topic === 'agent-events');
    const sum = (field: 'aggregated' | 'duplicate' | 'dead_lettered'): number =>
      sources.reduce((total, source) => total + source[field], 0);
    const ledger = { aggregated: sum('aggregated'), duplicate: sum('duplicate'), dead_lettered: sum('dead_lettered') };
    if (ledger.aggregated + ledger.duplicate + ledger.dead_lettered >= accepted) return ledger;
    if (Date.now() > deadline) throw new Error(`only ${ledger.aggregated} of ${accepted} events were aggregated`);
    await pause(200);
  }
}
