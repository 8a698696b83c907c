import { SETS, TIERS, windowStart, type PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import type { Partial } from './partial.ts';
import type { StoredState } from './stored-cuts.ts';
import { questionOf, type WindowCache } from './window-cache.ts';
import type { Merge, Segment } from './window-merge.ts';
import { createMerge } from './window-merge.ts';
import type { WindowPlan } from './window-plan.ts';
import type { WindowsQuery } from './windows-query.ts';

const HOUR = TIERS['1h'];
/** Until this long after its end an hour is touched by nearly every cut, so that keeping it is in vain; in milliseconds. */
const QUIET_MS = 120_000;
/** Windows of one hour; more are not kept. */
const MAX_WINDOWS = 20_000;

/** What one read takes from the cache of hours, and leaves in it. */
export interface CachedHours {
  /** Adds the hours of a segment that are known, and answers the runs that are still to be read, with how many rows were added. */
  take(segment: Segment, merge: Merge): { readonly left: readonly Segment[]; readonly rows: number };
  /** Takes a row of an hour that is to be kept; false where it is of none. */
  add(row: PartialRow): boolean;
  /** Adds what was taken in; all of it is kept where `isSettled`. */
  end(merge: Merge, isSettled: boolean): void;
}

/** Null where nothing can be kept: windows that do not fit into hours, or of keys that are put together by who knows what. */
export function createCachedHours(
  cache: WindowCache,
  { set, keys, keyOf, sketches }: WindowsQuery,
  { stepMs }: WindowPlan,
  state: StoredState,
  now: number,
): CachedHours | null {
  if ((HOUR % stepMs !== 0 && stepMs % HOUR !== 0) || (keyOf !== undefined && keys === undefined)) return null;
  const unitMs = Math.min(stepMs, HOUR);
  const question = questionOf(set, keys, keyOf, unitMs, sketches);
  const taken = new Map<number, { readonly mark: string; readonly merge: Merge }>();

  return {
    take({ tier, from, to }, merge) {
      const left: Segment[] = [];
      let rows = 0;
      let start = from;
      for (let hour = Math.ceil(from / HOUR) * HOUR; hour + HOUR <= to; hour += HOUR) {
        const mark = hour + HOUR + QUIET_MS <= now ? markOf(state, hour) : '';
        if (mark === '') continue;
        const known = cache.get(question, hour, mark);
        if (known === undefined) {
          taken.set(hour, { mark, merge: createMerge(SETS[set], unitMs, sketches) });
          continue;
        }
        if (start < hour) left.push({ tier, from: start, to: hour });
        start = hour + HOUR;
        rows += known.length;
        for (const row of known) merge.add(row.key, row.window, row);
      }
      if (start < to) left.push({ tier, from: start, to });
      return { left, rows };
    },

    add(row) {
      const hour = taken.get(windowStart(row.window, HOUR));
      hour?.merge.add(keyOf?.(row.key) ?? row.key, row.window, row);
      return hour !== undefined;
    },

    end(merge, isSettled) {
      for (const [hour, { mark, merge: ofHour }] of taken) {
        const windows = [...ofHour.byKey].flatMap(([key, byWindow]) =>
          [...byWindow].map(([window, partial]): [string, number, Partial] => [key, window, partial]),
        );
        for (const [key, window, partial] of windows) merge.add(key, window, partial);
        if (!isSettled || windows.length > MAX_WINDOWS) continue;
        const rows = windows.map(([key, window, partial]) => partial.toRow({ set, key, tier: '1m', window, source: 0, seq: 0 }));
        cache.put(question, hour, mark, rows);
      }
    },
  };
}

/** How often each source has changed an hour; empty where none is known to have. */
function markOf({ hours }: StoredState, hour: number): string {
  const sources = [...(hours.get(hour) ?? [])].map(([source, { touched }]) => `${source}:${touched}`);
  return sources.sort().join();
}
