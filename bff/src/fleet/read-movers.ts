import { TIERS, WHOLE, windowStart } from '@fleetbeat/contracts/aggregates.ts';
import type { Movers } from '@fleetbeat/contracts/movers.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { measuresOf } from '@fleetbeat/infra/time-series/measures.ts';
import { mergedWindows } from '@fleetbeat/infra/time-series/merged-windows.ts';
import { TooManyRows } from '@fleetbeat/infra/time-series/time-series.ts';
import type { TimeRange } from '../http/time-range.ts';
import type { ReadWindows } from '@fleetbeat/infra/time-series/window-reader.ts';
import { topMovers, type Compared } from './movers.ts';

/** Rows of one set that are read at most; of a set that has more nothing is told. */
const MOST_ROWS = 200_000;
/** Windows of each stretch that are enough to cut it out exactly. */
const WINDOWS = 60;
const STEPS = [TIERS['1m'], 5 * TIERS['1m'], 15 * TIERS['1m'], TIERS['1h'], 24 * TIERS['1h']];

/** Reads what changed most in a range against the equally long one before; both in whole windows that are over. */
export async function readMovers(readWindows: ReadWindows, wanted: TimeRange, now: number): Promise<Movers> {
  const length = wanted.to - wanted.from;
  const stepMs = STEPS.find((step) => length / step <= WINDOWS) ?? 24 * TIERS['1h'];
  const windows = Math.max(1, Math.round(length / stepMs));
  const to = windowStart(Math.min(wanted.to, now), stepMs);
  const from = to - windows * stepMs;
  const range = { from: from - windows * stepMs, to, stepMs };

  async function compared(set: Compared['set']): Promise<Compared[] | null> {
    const keys = set === 'fleet' ? [WHOLE] : undefined;
    const answer = await readWindows({ set, keys, range, sketches: false, limit: MOST_ROWS }).catch(nullIfTooMany);
    if (answer === null) return null;
    return [...answer.byKey].map(([key, byWindow]) => {
      const of = (isMeant: (t: number) => boolean) =>
        measuresOf(
          mergedWindows(
            set,
            [...byWindow].filter(([t]) => isMeant(t)).map(([, window]) => window),
          ),
        );
      return { set, key, now: of((t) => t >= from), before: of((t) => t < from) };
    });
  }

  const sets = ['fleet', 'model', 'agent'] as const;
  const found = await Promise.all(sets.map(compared));
  const comparable = found.some((ofSet) => ofSet?.some(({ before }) => before.total_messages + before.total_heartbeats > 0));
  return {
    from,
    to,
    comparable,
    items: comparable ? topMovers(found.flatMap((some) => some ?? [])) : [],
    left_out: sets.filter((_, index) => found[index] === null),
  };
}

function nullIfTooMany(error: unknown): null {
  if (error instanceof TooManyRows || (error instanceof HttpProblem && error.status === 422)) return null;
  throw error;
}
