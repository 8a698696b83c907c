import type { PartialRow, Tier } from '@fleetbeat/contracts/aggregates.ts';
import type { WindowSet } from '@fleetbeat/contracts/rule-measures.ts';
import type { WindowSources } from '@fleetbeat/infra/time-series/read-windows.ts';
import { readStoredState, type StoredState } from '@fleetbeat/infra/time-series/stored-cuts.ts';
import { TooManyRows, type PartialQuery } from '@fleetbeat/infra/time-series/time-series.ts';
import type { WindowRing } from './window-ring.ts';

/** How rings are filled from the store. */

/** Slots that are read at a time, at first, and rows that they may be merged from. */
const SLOTS_AT_ONCE = 8;
const MAX_ROWS = 500_000;
/** An event that is not late lies at most this long before it was appended, in milliseconds: see `Cut.late`. */
const NOT_LATE_MS = 20_000;

function tierOf(ring: WindowRing): Tier {
  return ring.shape.stepMs === 10_000 ? '10s' : '1m';
}

/**
 * Puts everything that is stored of a set into a new ring; resolves with the newest cut of each source that is in it.
 * Rejects as the store does, with `TooManyRows` where it holds too much and `RingFull` where there are too many series.
 */
export async function fillRing(
  { store, database }: WindowSources,
  set: WindowSet,
  ring: WindowRing,
  at: number,
): Promise<Map<number, number>> {
  const { stepMs, sketch, distinct } = ring.shape;
  const state = await readStoredState(database, ring.oldest, ring.end, false);
  const sketches = sketch || distinct;
  await readInParts(
    { from: ring.oldest, to: ring.end, at, stepMs, slots: SLOTS_AT_ONCE, sources: [...state.storedSeq.keys()] },
    (part) => store.read({ set, tier: tierOf(ring), ...part, sketches, limit: MAX_ROWS, versions: state.versions }),
    (row) => {
      if (row.seq <= (state.storedSeq.get(row.source) ?? -1)) ring.add(row.key, row.window, row);
    },
  );
  return new Map(state.storedSeq);
}

/** Cuts `after` (without) to `upTo` (with) of a source. */
export interface CutRange {
  readonly source: number;
  readonly after: number;
  readonly upTo: number;
  readonly state: StoredState;
}

/** Adds what cuts have stored to a ring; resolves with the keys and windows that it added to. */
export async function fillRingWithCuts(
  { store, database }: WindowSources,
  set: WindowSet,
  ring: WindowRing,
  { source, after, upTo, state }: CutRange,
): Promise<[key: string, window: number][]> {
  const { rows: cuts } = await database.query<{ first: number | null; late: boolean | null }>(
    `select min(first_append_ms) as first, bool_or(late > 0) as late from cuts where source = $1 and seq > $2 and seq <= $3 and aggregated > 0`,
    [source, after, upTo],
  );
  const { first, late } = cuts[0] ?? { first: null, late: null };
  if (first === null) return [];
  const { stepMs, sketch, distinct } = ring.shape;
  const earliest = late === true ? ring.oldest : Math.floor((first - NOT_LATE_MS) / stepMs) * stepMs;
  const from = Math.max(ring.oldest, earliest);
  const sketches = sketch || distinct;
  const added: PartialRow[] = [];
  await readInParts(
    { from, to: ring.end, at: ring.end, stepMs, slots: Math.ceil((ring.end - from) / stepMs), sources: [source] },
    (part) => store.read({ set, tier: tierOf(ring), ...part, source, sketches, limit: MAX_ROWS, versions: state.versions }),
    (row) => {
      if (row.seq > after && row.seq <= upTo) added.push(row);
    },
  );
  // Once all is read, so that a reading that fails has added nothing.
  for (const row of added) ring.add(row.key, row.window, row);
  return added.map(({ key, window }) => [key, window]);
}

interface Parts {
  readonly from: number;
  readonly to: number;
  /** What starts later lies ahead, and is little. */
  readonly at: number;
  readonly stepMs: number;
  /** At a time, at first. */
  readonly slots: number;
  readonly sources: readonly number[];
}

type Part = Pick<PartialQuery, 'from' | 'to' | 'source'>;

/**
 * Reads what starts in [from, to), some slots at a time: fewer where the store holds too much for one reading, and one slot source by
 * source where even that is too much.
 */
async function readInParts(
  { from, to, at, stepMs, slots: atFirst, sources }: Parts,
  read: (part: Part) => Promise<PartialRow[]>,
  take: (row: PartialRow) => void,
): Promise<void> {
  let slots = atFirst;
  let bySource = false;
  for (let start = from; start < to;) {
    const part = { from: start, to: start > at ? to : Math.min(to, start + slots * stepMs) };
    try {
      if (bySource) for (const source of sources) (await read({ ...part, source })).forEach(take);
      else (await read(part)).forEach(take);
      start = part.to;
    } catch (error) {
      if (!(error instanceof TooManyRows) || bySource) throw error;
      if (slots > 1) slots = Math.ceil(slots / 2);
      else bySource = true;
    }
  }
}
