import { SETS, TIERS, type PartialRow, type Tier } from '@fleetbeat/contracts/aggregates.ts';
import type { Database } from '../database/database.ts';
import { createCachedHours } from './cached-hours.ts';
import { compactionMark, readStoredState, type StoredState } from './stored-cuts.ts';
import { StoreUnavailable, TooManyRows, type TimeSeriesStore } from './time-series.ts';
import type { WindowCache } from './window-cache.ts';
import { createMerge, type Segment, type WindowsByKey } from './window-merge.ts';
import { planWindows, type TierRetention, type WindowPlan } from './window-plan.ts';
import type { WindowsQuery } from './windows-query.ts';

/** Rows that one answer is merged from at most. */
export const MAX_ROWS = 500_000;

const DAY = 24 * 3_600_000;
const DEFAULT_RETENTION: TierRetention = { '10s': 3 * DAY, '1m': 30 * DAY, '1h': 730 * DAY };

export interface WindowSources {
  readonly store: TimeSeriesStore;
  readonly database: Database;
  /** How long each tier is kept, in milliseconds; the configuration's. */
  readonly retention?: TierRetention | undefined;
  readonly now?: (() => number) | undefined;
  /** Where hours that are over are kept; without one everything is read from the store. */
  readonly cache?: WindowCache | undefined;
}

export type { WindowsByKey };

/** `from`, `to` and `stepMs` as they were read, which the retention of the tiers may have made coarser. */
export interface Windows extends WindowPlan {
  readonly byKey: WindowsByKey;
}

/**
 * Reads and merges the windows of a set: stored rows, and open ones of cuts that are not stored yet. Every
 * cut of a source takes part wholly or not at all. Rejects with a `RangeError` for a step that is no multiple
 * of 10 s, with `TooManyRows` for more windows or rows than one answer may hold, and as the store does.
 */
export async function readWindows(sources: WindowSources, query: WindowsQuery): Promise<Windows> {
  const now = (sources.now ?? Date.now)();
  const plan = planWindows(query.from, query.to, query.stepMs, sources.retention ?? DEFAULT_RETENTION, now);
  const open = openRowsOf(query, plan);
  /** Hours whose 1 h rows were replaced while they were read: their 1 m rows are read instead. */
  const unsettled = new Set<number>();
  for (let attempt = 0; attempt < 5; attempt++) {
    const byKey = await readOnce(sources, query, plan, open, unsettled, now);
    if (byKey !== null) return { ...plan, byKey };
  }
  throw new StoreUnavailable('the hours asked for are being compacted over and over: try again later');
}

/** Null where hours were compacted anew under the read, so that rows it relied on may have gone: see `unsettled`. */
async function readOnce(
  { store, database, cache }: WindowSources,
  query: WindowsQuery,
  plan: WindowPlan,
  open: readonly PartialRow[],
  unsettled: Set<number>,
  now: number,
): Promise<WindowsByKey | null> {
  const wholeHours = plan.tier === '1h';
  const mark = wholeHours ? await compactionMark(database, plan.from, plan.to) : '';
  const state = await readStoredState(database, plan.from, plan.to, wholeHours || cache !== undefined);
  const isStored = storedCuts(state, open);
  const { set, keys, keyOf = (key) => key, sketches } = query;
  const merge = createMerge(SETS[set], plan.stepMs, sketches);
  const hours = cache === undefined ? null : createCachedHours(cache, query, plan, state, now);
  let left = query.limit ?? MAX_ROWS;
  const segments = wholeHours ? hourSegments(plan, state, unsettled) : [plan];
  for (const segment of segments) {
    const known = hours?.take(segment, merge);
    left -= known?.rows ?? 0;
    if (left < 0) throw tooMany(query);
    for (const { tier, from, to } of known?.left ?? [segment]) {
      const rows = await store.read({ set, keys, sketches, tier, from, to, limit: left, versions: state.versions });
      left -= rows.length;
      for (const row of rows) {
        const counts =
          tier === '1h' ? row.seq === state.hours.get(row.window)?.get(row.source)?.version : isStored(row.source, row.seq);
        if (counts && hours?.add(row) !== true) merge.add(keyOf(row.key), row.window, row);
      }
    }
  }
  for (const row of open) {
    if (isStored(row.source, row.seq)) continue;
    if (left-- <= 0) throw tooMany(query);
    merge.add(keyOf(row.key), row.window, row);
  }
  const isSettled = !wholeHours || (await compactionMark(database, plan.from, plan.to)) === mark;
  hours?.end(merge, isSettled);
  if (isSettled) return merge.byKey;
  const after = await readStoredState(database, plan.from, plan.to, true);
  const replaced = segments.filter(({ tier }) => tier === '1h').flatMap((segment) => replacedHours(segment, state, after));
  for (const hour of replaced) unsettled.add(hour);
  return replaced.length === 0 ? merge.byKey : null;
}

function tooMany({ set, limit = MAX_ROWS }: WindowsQuery): TooManyRows {
  return new TooManyRows(`more than ${limit} rows of ${set} match`);
}

function replacedHours({ from, to }: Segment, before: StoredState, after: StoredState): number[] {
  const hours: number[] = [];
  for (let hour = from; hour < to; hour += TIERS['1h']) {
    const versions = [...(before.hours.get(hour) ?? [])];
    if (versions.some(([source, { version }]) => after.hours.get(hour)?.get(source)?.version !== version)) hours.push(hour);
  }
  return hours;
}

function openRowsOf({ set, keys, open }: WindowsQuery, plan: WindowPlan): PartialRow[] {
  if (open === undefined) return [];
  const wanted = keys === undefined ? undefined : new Set(keys);
  const rows: PartialRow[] = [];
  for (const row of open) {
    if (row.tier !== '10s') throw new RangeError(`an open row is of the 10 s tier, not ${row.tier}`);
    if (row.set !== set || row.window < plan.from || row.window >= plan.to) continue;
    if (wanted === undefined || wanted.has(row.key)) rows.push(row);
  }
  return rows;
}

/**
 * Tells stored cuts from open ones by the state of the database as it was before the rows were read. So a
 * cut that is stored meanwhile still counts by its open rows, and rows it has left in the store do not.
 */
function storedCuts(state: StoredState, open: readonly PartialRow[]): (source: number, seq: number) => boolean {
  const upTo = new Map(state.storedSeq);
  const firstOpen = new Map<number, number>();
  for (const { source, seq } of open) {
    if (!state.storedSeq.has(source)) firstOpen.set(source, Math.min(seq, firstOpen.get(source) ?? seq));
  }
  // A source without cuts in the database has either none at all or long expired ones, all older than what is open.
  for (const [source, seq] of firstOpen) upTo.set(source, seq - 1);
  return (source, seq) => seq <= (upTo.get(source) ?? Infinity);
}

/** Runs of hours whose 1 h rows are complete, from every source that has any, and runs that only their 1 m rows tell. */
function hourSegments(plan: WindowPlan, state: StoredState, unsettled: ReadonlySet<number>): Segment[] {
  const segments: Segment[] = [];
  let start = plan.from;
  let tier: Tier | undefined;
  for (let hour = plan.from; hour < plan.to; hour += TIERS['1h']) {
    const ofHour = state.hours.get(hour);
    const isComplete = ofHour !== undefined && !unsettled.has(hour) && [...ofHour.values()].every(({ complete }) => complete);
    const found: Tier = isComplete ? '1h' : '1m';
    if (tier !== undefined && found !== tier) {
      segments.push({ tier, from: start, to: hour });
      start = hour;
    }
    tier = found;
  }
  if (tier !== undefined) segments.push({ tier, from: start, to: plan.to });
  return segments;
}

export { chooseStep, MAX_WINDOWS } from './window-plan.ts';
