import { SETS, TIERS, windowStart, type Family, type PartialRow, type SetName } from '@fleetbeat/contracts/aggregates.ts';
import { columnCount, Partial } from '@fleetbeat/infra/time-series/partial.ts';

/** Partials that get their memory together: all of a cut go at the same time, and each piece outside of the heap costs its own. */
const AT_ONCE = 64;

/** Makes the partials of a table, and counts them. */
class PartialPool {
  readonly #family: Family;
  readonly #columns: number;
  #memory = new Float64Array(0);
  #used = 0;
  made = 0;

  constructor(family: Family) {
    this.#family = family;
    this.#columns = columnCount(family);
  }

  make(): Partial {
    if (this.#used === this.#memory.length) {
      // A small table has little to give back.
      this.#memory = new Float64Array(this.#columns * Math.min(AT_ONCE, this.made + 1));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += this.#columns;
    this.made++;
    return new Partial(this.#family, this.#memory.subarray(start, this.#used));
  }
}

/** The 10 s partials of one key of a rollup set. */
export class KeyWindows {
  readonly windows = new Map<number, Partial>();
  readonly key: string;
  readonly #pool: PartialPool;
  readonly #changed: KeyWindows[];
  /** It is among the changed ones. */
  #isNoted = false;
  /** The window asked for last: events of one key mostly share it. */
  #lastWindow = Number.NaN;
  #last: Partial | undefined;

  constructor(key: string, pool: PartialPool, changed: KeyWindows[]) {
    this.key = key;
    this.#pool = pool;
    this.#changed = changed;
  }

  /** The partial of a window (epoch ms, aligned to 10 s), to be added to; made where there is none. */
  at(window: number): Partial {
    if (!this.#isNoted) {
      this.#isNoted = true;
      this.#changed.push(this);
    }
    if (window === this.#lastWindow && this.#last !== undefined) return this.#last;
    let partial = this.windows.get(window);
    if (partial === undefined) {
      partial = this.#pool.make();
      this.windows.set(window, partial);
    }
    this.#lastWindow = window;
    this.#last = partial;
    return partial;
  }

  /** From now on it is not among the changed ones, until it is added to. */
  settle(): void {
    this.#isNoted = false;
  }
}

const NO_WINDOWS: ReadonlyMap<number, Partial> = new Map();

/** The 10 s partials of one rollup set over one cut, by key and window. */
export class PartialTable {
  readonly set: SetName;
  readonly #keys = new Map<string, KeyWindows>();
  readonly #pool: PartialPool;
  readonly #changed: KeyWindows[] = [];

  constructor(set: SetName) {
    this.set = set;
    this.#pool = new PartialPool(SETS[set]);
  }

  /** How many partials there are. */
  get size(): number {
    return this.#pool.made;
  }

  keys(): IterableIterator<string> {
    return this.#keys.keys();
  }

  /** The partials of a key, to be filled. */
  of(key: string): KeyWindows {
    let windows = this.#keys.get(key);
    if (windows === undefined) {
      windows = new KeyWindows(key, this.#pool, this.#changed);
      this.#keys.set(key, windows);
    }
    return windows;
  }

  /** The keys that were added to since the last call. There is one who asks: the rules. */
  takeChanged(): string[] {
    const changed = this.#changed.splice(0);
    for (const windows of changed) windows.settle();
    return changed.map(({ key }) => key);
  }

  windowsOf(key: string): ReadonlyMap<number, Partial> {
    return this.#keys.get(key)?.windows ?? NO_WINDOWS;
  }

  /**
   * The rows that a cut writes, of the 10 s and the 1 m tier; 1 h rows come from compaction. Where a key has one 10 s window in a
   * minute, one row stands for both tiers: rows are what a large fleet costs.
   */
  *rows(source: number, seq: number): Generator<PartialRow> {
    const { set } = this;
    for (const [key, { windows }] of this.#keys) {
      for (const [minute, partials] of byMinute(windows)) {
        const [first] = partials;
        if (partials.length === 1 && first !== undefined) {
          yield { set, key, tier: '1m', window: minute, source, seq, sole: first[0], ...serialized(first[1]) };
          continue;
        }
        const whole = new Partial(SETS[set]);
        for (const [window, partial] of partials) {
          whole.merge(partial);
          yield { set, key, tier: '10s', window, source, seq, ...serialized(partial) };
        }
        yield { set, key, tier: '1m', window: minute, source, seq, ...serialized(whole) };
      }
    }
  }
}

function byMinute(windows: ReadonlyMap<number, Partial>): Map<number, [window: number, partial: Partial][]> {
  const minutes = new Map<number, [number, Partial][]>();
  for (const entry of windows) {
    const minute = windowStart(entry[0], TIERS['1m']);
    const there = minutes.get(minute);
    if (there === undefined) minutes.set(minute, [entry]);
    else there.push(entry);
  }
  return minutes;
}

/** The columns and sketches of a partial as a store takes them. */
export function serialized(partial: Partial): Pick<PartialRow, 'values' | 'sketch' | 'distinct'> {
  return {
    values: partial.values,
    sketch: partial.sketch?.serialize() ?? null,
    distinct: partial.distinct?.serialize() ?? null,
  };
}
