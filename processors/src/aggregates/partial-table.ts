import {
  SETS,
  TIERS,
  windowStart,
  type Family,
  type PartialRow,
  type SetName,
  type Tier,
} from '@fleetbeat/contracts/aggregates.ts';
import { Partial } from '@fleetbeat/infra/time-series/partial.ts';

/** The tiers that a cut writes; 1 h rows come from compaction. */
const CUT_TIERS = ['10s', '1m'] as const satisfies readonly Tier[];

/** The 10 s partials of one key of a rollup set. */
export class KeyWindows {
  readonly windows = new Map<number, Partial>();
  readonly #family: Family;
  readonly #count: { partials: number };
  /** The window asked for last: events of one key mostly share it. */
  #lastWindow = Number.NaN;
  #last: Partial | undefined;

  /** `count` is the table's: one more for every partial that is made. */
  constructor(family: Family, count: { partials: number }) {
    this.#family = family;
    this.#count = count;
  }

  /** The partial of a window (epoch ms, aligned to 10 s), made where there is none. */
  at(window: number): Partial {
    if (window === this.#lastWindow && this.#last !== undefined) return this.#last;
    let partial = this.windows.get(window);
    if (partial === undefined) {
      partial = new Partial(this.#family);
      this.windows.set(window, partial);
      this.#count.partials++;
    }
    this.#lastWindow = window;
    this.#last = partial;
    return partial;
  }
}

const NO_WINDOWS: ReadonlyMap<number, Partial> = new Map();

/** The 10 s partials of one rollup set over one cut, by key and window. */
export class PartialTable {
  readonly set: SetName;
  readonly #keys = new Map<string, KeyWindows>();
  readonly #count = { partials: 0 };

  constructor(set: SetName) {
    this.set = set;
  }

  /** How many partials there are. */
  get size(): number {
    return this.#count.partials;
  }

  keys(): IterableIterator<string> {
    return this.#keys.keys();
  }

  /** The partials of a key, to be filled. */
  of(key: string): KeyWindows {
    let windows = this.#keys.get(key);
    if (windows === undefined) {
      windows = new KeyWindows(SETS[this.set], this.#count);
      this.#keys.set(key, windows);
    }
    return windows;
  }

  windowsOf(key: string): ReadonlyMap<number, Partial> {
    return this.#keys.get(key)?.windows ?? NO_WINDOWS;
  }

  /** The rows of every tier that a cut writes. */
  *rows(source: number, seq: number): Generator<PartialRow> {
    for (const [key, { windows }] of this.#keys) {
      for (const tier of CUT_TIERS) {
        for (const [window, partial] of foldWindows(windows, TIERS[tier], this.set)) {
          yield { set: this.set, key, tier, window, source, seq, ...serialized(partial) };
        }
      }
    }
  }
}

/** 10 s windows merged into windows of another length; a window that holds only one keeps that very partial. */
function foldWindows(windows: ReadonlyMap<number, Partial>, tierMs: number, set: SetName): ReadonlyMap<number, Partial> {
  if (tierMs === TIERS['10s']) return windows;
  const folded = new Map<number, Partial>();
  const merged = new Set<number>();
  for (const [window, partial] of windows) {
    const start = windowStart(window, tierMs);
    const there = folded.get(start);
    if (there === undefined) {
      folded.set(start, partial);
      continue;
    }
    if (merged.has(start)) {
      there.merge(partial);
      continue;
    }
    const sum = new Partial(SETS[set]);
    sum.merge(there);
    sum.merge(partial);
    folded.set(start, sum);
    merged.add(start);
  }
  return folded;
}

/** The columns and sketches of a partial as a store takes them. */
export function serialized(partial: Partial): Pick<PartialRow, 'values' | 'sketch' | 'distinct'> {
  return {
    values: partial.values,
    sketch: partial.sketch?.serialize() ?? null,
    distinct: partial.distinct?.serialize() ?? null,
  };
}
