import * as z from 'zod';
import { TIERS, windowStart, type SetName, type Tier } from '@fleetbeat/contracts/aggregates.ts';
import type { LateWindow } from '@fleetbeat/contracts/api.ts';
import { MAX_LATENESS_MS } from '@fleetbeat/contracts/events.ts';
import { COLUMN } from '@fleetbeat/infra/time-series/partial.ts';
import { TooManyRows, type TimeSeriesStore } from '@fleetbeat/infra/time-series/time-series.ts';
import type { ReadQuery } from '../http/read-query.ts';
import type { WindowRange } from '../http/time-range.ts';

/** After the end of a window its events may still be on their way: from then on they are late. */
const SLACK_MS = 10_000;
/** The log's clock and the range's may differ by this. */
const MARGIN_MS = TIERS['1h'];
/** Rows read for one answer at most; where there are more, nothing is told. */
const MOST_ROWS = 200_000;
const MOST_CUTS = 50_000;

/** The query field that asks for late windows. */
export const lateField = z
  .enum(['true', 'false'])
  .default('false')
  .describe('Tell in `late_windows` which windows grew after they were over');

interface LateCut {
  source: number;
  seq: number;
  first_append_ms: number;
  hours: number[];
}

/**
 * Tells which windows of a set of events grew after they were over, and by how many events: those whose rows come from
 * cuts that began later. Nothing is written for it: cuts know whether any of their events was late, and of a fleet where none is
 * no row is read. Undefined where too much was late to be told, and of what is older than the fine tiers are kept.
 */
export type ReadLateWindows = (
  set: SetName & ('fleet' | 'agent'),
  key: string,
  range: WindowRange,
) => Promise<LateWindow[] | undefined>;

export function createReadLateWindows(
  query: ReadQuery,
  store: Pick<TimeSeriesStore, 'read'>,
  keptMs: number,
  now: () => number,
): ReadLateWindows {
  async function lateCuts({ from, to }: WindowRange): Promise<Map<string, LateCut>> {
    const rows = await query<LateCut>(
      'windows.late_cuts',
      `select c.source, c.seq, c.first_append_ms, array(select jsonb_object_keys(c.hours)::bigint)::float8[] as hours
       from cuts c join sources s on s.id = c.source
       where c.late > 0 and c.last_append_ms >= $1 and c.last_append_ms <= $2 and c.stored_at is not null and s.topic = 'agent-events'
       limit $3`,
      [from - MARGIN_MS, to + MAX_LATENESS_MS + MARGIN_MS, MOST_CUTS],
    );
    return new Map(rows.map((cut) => [placeOf(cut), cut]));
  }

  return async (set, key, range) => {
    if (range.from < now() - keptMs) return undefined;
    const cuts = await lateCuts(range);
    if (cuts.size === MOST_CUTS) return undefined;
    const tier: Tier = range.stepMs % TIERS['1m'] === 0 ? '1m' : '10s';
    const late = new Map<number, number>();
    let left = MOST_ROWS;
    for (const { from, to } of lateHours(cuts.values(), range)) {
      const rows = await store.read({ set, keys: [key], tier, from, to, sketches: false, limit: left }).catch(nullIfTooMany);
      if (rows === null) return undefined;
      left -= rows.length;
      for (const row of rows) {
        const cut = cuts.get(placeOf(row));
        const t = windowStart(row.window, range.stepMs);
        if (cut === undefined || cut.first_append_ms < t + range.stepMs + SLACK_MS) continue;
        const events = (row.values[COLUMN.events.messages] ?? 0) + (row.values[COLUMN.events.heartbeats] ?? 0);
        late.set(t, (late.get(t) ?? 0) + events);
      }
    }
    return [...late].map(([t, events]) => ({ t, events })).sort((a, b) => a.t - b.t);
  };
}

function placeOf({ source, seq }: { source: number; seq: number }): string {
  return `${source}/${seq}`;
}

function nullIfTooMany(error: unknown): null {
  if (error instanceof TooManyRows) return null;
  throw error;
}

/** The hours of a range in which a window can have grown late, neighbours as one. */
function lateHours(cuts: Iterable<LateCut>, { from, to, stepMs }: WindowRange): { from: number; to: number }[] {
  const hours = new Set<number>();
  for (const cut of cuts) {
    for (const hour of cut.hours) {
      const firstEnd = windowStart(Math.max(hour, from), stepMs) + stepMs;
      if (hour < to && hour + TIERS['1h'] > from && cut.first_append_ms >= firstEnd + SLACK_MS) hours.add(hour);
    }
  }
  const runs: { from: number; to: number }[] = [];
  for (const hour of [...hours].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    const end = Math.min(to, hour + TIERS['1h']);
    if (last?.to === hour) last.to = end;
    else runs.push({ from: Math.max(from, hour), to: end });
  }
  return runs;
}
