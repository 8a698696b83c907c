import { SETS, TIERS, windowStart, type PartialRow, type SetName, type Tier } from '@fleetbeat/contracts/aggregates.ts';
import { Partial } from '@fleetbeat/infra/time-series/partial.ts';

/** The tiers that a cut writes; 1 h rows come from compaction. */
const CUT_TIERS = ['10s', '1m'] as const satisfies readonly Tier[];

interface Entry {
  readonly windows: Map<number, Partial>;
  /** The window asked for last: events of one key mostly share it. */
  lastWindow: number;
  last: Partial;
}

/** The 10 s partials of one rollup set over one cut, by key and window. */
export class PartialTable {
  readonly set: SetName;
  readonly #entries = new Map<string, Entry>();
  #size = 0;

  constructor(set: SetName) {
    this.set = set;
  }

  /** How many partials there are. */
  get size(): number {
    return this.#size;
  }

  keys(): IterableIterator<string> {
    return this.#entries.keys();
  }

  /** The partial of a key and a 10 s window (epoch ms, aligned), made where there is none. */
  at(key: string, window: number): Partial {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      const partial = this.#create();
      this.#entries.set(key, { windows: new Map([[window, partial]]), lastWindow: window, last: partial });
      return partial;
    }
    if (entry.lastWindow === window) return entry.last;
    let partial = entry.windows.get(window);
    if (partial === undefined) {
      partial = this.#create();
      entry.windows.set(window, partial);
    }
    entry.lastWindow = window;
    entry.last = partial;
    return partial;
  }

  windowsOf(key: string): ReadonlyMap<number, Partial> {
    return this.#entries.get(key)?.windows ?? new Map<number, Partial>();
  }

  /** The rows of every tier that a cut writes. */
  *rows(source: number, seq: number): Generator<PartialRow> {
    for (const [key, entry] of this.#entries) {
      for (const tier of CUT_TIERS) {
        for (const [window, partial] of foldWindows(entry.windows, TIERS[tier], this.set)) {
          yield { set: this.set, key, tier, window, source, seq, ...serialized(partial) };
        }
      }
    }
  }

  #create(): Partial {
    this.#size++;
    return new Partial(SETS[this.set]);
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
