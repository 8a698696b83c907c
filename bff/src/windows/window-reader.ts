import { SETS, windowStart, type PartialRow, type SetName } from '@fleetbeat/contracts/aggregates.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import type { Metrics } from '@fleetbeat/infra/metrics.ts';
import { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import type { TimeSeriesStore } from '@fleetbeat/infra/time-series/time-series.ts';
import type { WindowRange } from '../http/time-range.ts';
import type { OpenPartialsTable } from './open-partials.ts';

export interface WindowRequest {
  readonly set: SetName;
  /** Undefined reads every key of the set. */
  readonly keys?: readonly string[] | undefined;
  readonly range: WindowRange;
  /** Without sketches there are no quantiles and no distinct users. */
  readonly sketches: boolean;
}

/** Windows by key, then by their start, each with everything stored and open in it. */
export type WindowsByKey = ReadonlyMap<string, ReadonlyMap<number, Partial>>;

/** Reads merged windows. Rejects with `TooManyRows` where the range holds more than one answer should. */
export type ReadWindows = (request: WindowRequest) => Promise<WindowsByKey>;

// PROVISIONAL: until infra's read-windows lands.
export function createReadWindows(effects: {
  timeSeries: TimeSeriesStore;
  database: Database;
  open: OpenPartialsTable;
  metrics: Metrics;
}): ReadWindows {
  return async ({ set, keys, range, sketches }) => {
    const { from, to, stepMs } = range;
    const tier = stepMs % 60_000 === 0 ? '1m' : '10s';
    const open = effects.open.rows(set, keys, from, to);
    const rows = await effects.metrics.timed('windows', () =>
      effects.timeSeries.read({ set, ...(keys === undefined ? {} : { keys }), tier, from, to, sketches, limit: 500_000 }),
    );
    const byKey = new Map<string, Map<number, Partial>>();
    const seen = new Set<string>();
    const tierMs = tier === '1m' ? 60_000 : 10_000;
    const add = (row: PartialRow) => {
      const windows = byKey.get(row.key) ?? new Map<number, Partial>();
      byKey.set(row.key, windows);
      const t = windowStart(row.window, stepMs);
      const window = windows.get(t) ?? new Partial(SETS[set]);
      windows.set(t, window);
      window.merge(row);
    };
    for (const row of rows) {
      seen.add(`${row.key}/${row.window}/${row.source}/${row.seq}`);
      add(row);
    }
    for (const row of open) {
      if (!seen.has(`${row.key}/${windowStart(row.window, tierMs)}/${row.source}/${row.seq}`)) add(row);
    }
    return byKey;
  };
}
