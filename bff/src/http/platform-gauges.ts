import { WHOLE } from '@fleetbeat/contracts/aggregates.ts';
import type { Pipeline } from '@fleetbeat/contracts/api.ts';
import { measuresOf } from '@fleetbeat/infra/time-series/measures.ts';
import { Gauge, type Registry } from 'prom-client';
import { mergedWindows } from '../windows/metrics-answer.ts';
import type { ReadWindows } from '@fleetbeat/infra/time-series/window-reader.ts';
import type { ReadQuery } from './read-query.ts';
import type { RangeOf } from './time-range.ts';

interface Effects {
  registry: Registry;
  query: ReadQuery;
  readWindows: ReadWindows;
  rangeOf: RangeOf;
  readLedger: () => Promise<Pick<Pipeline, 'sources'>>;
  sockets: () => Readonly<Record<string, number>>;
  now: () => number;
}

const OVER_MS = 5 * 60_000;

/** What /metrics tells of the platform as a whole. Each figure is read when it is asked for; one that cannot be read is left out. */
export function registerPlatformGauges({ registry, query, readWindows, rangeOf, readLedger, sockets, now }: Effects): void {
  const registers = [registry];

  /** Without labels `remove` takes a gauge's only value away, which a reset would leave at zero: a figure too. */
  async function ifReadable(clear: () => void, read: () => Promise<void>): Promise<void> {
    clear();
    await read().catch(clear);
  }

  new Gauge({
    name: 'fleetbeat_open_sockets',
    help: 'Open live connections by protocol.',
    labelNames: ['protocol'] as const,
    registers,
    collect() {
      for (const [protocol, count] of Object.entries(sockets())) this.set({ protocol }, count);
    },
  });

  new Gauge({
    name: 'fleetbeat_pipeline_lag_events',
    help: 'Events in the event log that no stored cut has counted; ticks are none.',
    labelNames: ['topic', 'partition'] as const,
    registers,
    async collect() {
      await ifReadable(
        () => this.reset(),
        async () => {
          const { sources } = await readLedger();
          for (const { topic, partition, lag_events: lag } of sources) this.set({ topic, partition: String(partition) }, lag);
        },
      );
    },
  });

  new Gauge({
    name: 'fleetbeat_agent_success_rate',
    help: 'Share of messages over the last five minutes that were no errors, 0 to 1.',
    registers,
    async collect() {
      await ifReadable(
        () => this.remove(),
        async () => {
          const range = rangeOf({ from: now() - OVER_MS, to: now() });
          const { byKey } = await readWindows({ set: 'fleet', keys: [WHOLE], range, sketches: false });
          const { total_errors: errors, total_messages: messages } = measuresOf(
            mergedWindows('fleet', byKey.get(WHOLE)?.values() ?? []),
          );
          if (messages > 0) this.set(1 - errors / messages);
        },
      );
    },
  });

  new Gauge({
    name: 'fleetbeat_active_users',
    help: 'Sessions of the dashboard with a request in the last five minutes.',
    registers,
    async collect() {
      await ifReadable(
        () => this.remove(),
        async () => {
          const [row] = await query<{ users: number }>(
            'sessions.active',
            `select count(*) as users from sessions
           where last_seen_at > clock_timestamp() - $1 * interval '1 millisecond' and expires_at > clock_timestamp()`,
            [OVER_MS],
          );
          this.set(row?.users ?? 0);
        },
      );
    },
  });
}
