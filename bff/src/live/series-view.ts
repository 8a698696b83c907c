import { TIERS, windowStart, type PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import type { SeriesPoint } from '@fleetbeat/contracts/api.ts';
import { measuresOf } from '@fleetbeat/infra/time-series/measures.ts';
import { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import type { TimeSeriesStore } from '@fleetbeat/infra/time-series/time-series.ts';
import type { OpenPartialsTable } from '../windows/open-partials.ts';

/**
 * One series that somebody watches live: which of its windows have changed, and what they are as a whole
 * (stored and open partials together). What the store said is kept until another cut is stored.
 */
export interface SeriesView {
  /** Notes that a window has changed. Windows that are no longer shown live are passed over. */
  touch(window: number, now: number): void;
  /** Notes that a cut was stored: what the store said is out of date, and the newest windows may have grown. */
  stored(now: number): void;
  /** The windows that have changed since the last call, whole, oldest first. A rejection keeps them for the next call. */
  takeChanged(): Promise<SeriesPoint[]>;
}

/** Windows that started longer ago than this are left to REST, in milliseconds. */
export const LIVE_FOR_MS = 15 * 60_000;
const STEP = TIERS['10s'];
/** The windows read again when a cut was stored: this process may have missed some of the cut while it was open. */
const RECENT_WINDOWS = 3;
/** Partials of one series over the live windows; far more than there are cuts. */
const MAX_ROWS = 50_000;

export function createSeriesView(
  { set, key }: { set: 'fleet' | 'agent'; key: string },
  { timeSeries, open }: { timeSeries: Pick<TimeSeriesStore, 'read'>; open: Pick<OpenPartialsTable, 'rows'> },
): SeriesView {
  let changed = new Set<number>();
  let base = new Map<number, readonly PartialRow[]>();
  let generation = 0;

  /** What the store has of the windows, from memory where no cut was stored since. */
  async function storedRows(windows: readonly number[]): Promise<ReadonlyMap<number, readonly PartialRow[]>> {
    const missing = windows.filter((window) => !base.has(window));
    if (missing.length === 0) return base;
    const asOf = generation;
    const from = Math.min(...missing);
    const to = Math.max(...missing) + STEP;
    const rows = await timeSeries.read({ set, keys: [key], tier: '10s', from, to, sketches: true, limit: MAX_ROWS });
    const read = new Map(base);
    for (let window = from; window < to; window += STEP) read.set(window, []);
    for (const [window, ofWindow] of Map.groupBy(rows, (row) => row.window)) read.set(window, ofWindow);
    // A cut that was stored meanwhile may or may not be among the rows: good for this once only.
    if (asOf === generation) base = read;
    return read;
  }

  return {
    touch(window, now) {
      if (window >= now - LIVE_FOR_MS) changed.add(window);
    },

    stored(now) {
      generation++;
      base = new Map();
      for (let i = 0; i < RECENT_WINDOWS; i++) changed.add(windowStart(now, STEP) - i * STEP);
    },

    async takeChanged() {
      const windows = [...changed].sort((a, b) => a - b);
      const first = windows[0];
      const last = windows.at(-1);
      if (first === undefined || last === undefined) return [];
      changed = new Set();
      try {
        // Before the store is asked: what is no longer open by then is stored.
        const openRows = Map.groupBy(open.rows(set, [key], first, last + STEP), (row) => row.window);
        const stored = await storedRows(windows);
        return windows.flatMap((window) => pointOf(window, stored.get(window) ?? [], openRows.get(window) ?? []));
      } catch (error) {
        for (const window of windows) changed.add(window);
        throw error;
      }
    },
  };
}

/** The whole window; nothing where no event has fallen into it. */
function pointOf(window: number, stored: readonly PartialRow[], open: readonly PartialRow[]): SeriesPoint[] {
  const whole = new Partial('events');
  const cuts = new Set(stored.map((row) => `${row.source}/${row.seq}`));
  for (const row of stored) whole.merge(row);
  // A stored partial is that cut as a whole, so an open one of the same cut holds nothing more.
  const added = open.filter((row) => !cuts.has(`${row.source}/${row.seq}`));
  for (const row of added) whole.merge(row);
  return stored.length + added.length === 0 ? [] : [{ t: window, ...measuresOf(whole) }];
}
