import { FAMILIES, type Family } from '@fleetbeat/contracts/aggregates.ts';
import type { NeededColumns } from '@fleetbeat/infra/rules/measure-columns.ts';
import { PRESENCE } from '@fleetbeat/infra/rules/measure-columns.ts';
import { COLUMN, Partial, type Mergeable } from '@fleetbeat/infra/time-series/partial.ts';

/** Bytes that one ring may take at most; more is a problem of the rules that ask for it. */
const MAX_BYTES = 2 ** 30;
/** What a sketch of one slot takes, roughly: what is held in full is not known before. */
const SKETCH_BYTES = 150;

/** What a ring holds: as many slots of `stepMs` as it has, each of the needed columns. */
export interface RingShape extends NeededColumns {
  readonly family: Family;
  readonly stepMs: number;
  readonly slots: number;
}

interface Series {
  /** Slot by slot, in each the columns of the ring. */
  readonly values: Float64Array;
  /** One for each slot, serialised; null where the ring has none. */
  readonly sketches: (Uint8Array | null)[] | null;
  readonly distincts: (Uint8Array | null)[] | null;
  /** The start of the newest slot that anything was added to. */
  newest: number;
}

/** Too many series for a ring. */
export class RingFull extends Error {
  override readonly name = 'RingFull';
}

/** The stored windows of one set over the last minutes or hour, by key, in columns: what rolling windows are summed from. */
export class WindowRing {
  readonly shape: RingShape;
  readonly #series = new Map<string, Series>();
  readonly #sums: readonly number[];
  readonly #mins: readonly number[];
  readonly #maxes: readonly number[];
  readonly #presence: readonly number[];
  /** Place of the column that tells whether a min or max counts; -1 without any. */
  readonly #gate: number;
  #oldest: number;

  /** `oldest`: the start of the first slot, in epoch milliseconds, aligned. Minima and maxima need the column `timed`. */
  constructor(shape: RingShape, oldest: number) {
    this.shape = shape;
    this.#oldest = oldest;
    const ops = Object.values(FAMILIES[shape.family].columns);
    const placesOf = (op: string) => shape.columns.flatMap((column, place) => (ops[column] === op ? [place] : []));
    this.#sums = placesOf('sum');
    this.#mins = placesOf('min');
    this.#maxes = placesOf('max');
    this.#gate = shape.family === 'events' ? shape.columns.indexOf(COLUMN.events.timed) : -1;
    this.#presence = PRESENCE[shape.family].map((column) => shape.columns.indexOf(column));
  }

  get oldest(): number {
    return this.#oldest;
  }

  /** One past the last slot. */
  get end(): number {
    return this.#oldest + this.shape.slots * this.shape.stepMs;
  }

  keys(): Iterable<string> {
    return this.#series.keys();
  }

  /** How many series there are, and the bytes of their columns and sketches. */
  size(): { readonly series: number; readonly bytes: number } {
    let bytes = 0;
    for (const { values, sketches, distincts } of this.#series.values()) {
      bytes += values.byteLength;
      for (const list of [sketches, distincts]) for (const each of list ?? []) bytes += each?.byteLength ?? 0;
    }
    return { series: this.#series.size, bytes };
  }

  /** Forgets what is before `oldest`. */
  advance(oldest: number): void {
    const { stepMs, slots } = this.shape;
    if (oldest <= this.#oldest) return;
    const gone = Math.min(slots, (oldest - this.#oldest) / stepMs);
    for (const [key, series] of this.#series) {
      if (series.newest < oldest) this.#series.delete(key);
      else for (let i = 0; i < gone; i++) this.#clear(series, this.#slotOf(this.#oldest + i * stepMs));
    }
    this.#oldest = oldest;
  }

  /** Adds a partial that lies in a window; one outside of the ring is left out. Throws `RingFull`. */
  add(key: string, window: number, row: Mergeable): void {
    if (window < this.#oldest || window >= this.end) return;
    const { columns } = this.shape;
    const series = this.#series.get(key) ?? this.#newSeries(key);
    const start = Math.floor(window / this.shape.stepMs) * this.shape.stepMs;
    if (start > series.newest) series.newest = start;
    const slot = this.#slotOf(start);
    const base = slot * columns.length;
    const { values } = series;
    const given = (place: number): number => row.values[columns[place] as number] as number;
    if (this.#gate >= 0 && given(this.#gate) > 0) {
      const empty = values[base + this.#gate] === 0;
      for (const place of this.#mins)
        if (empty || given(place) < (values[base + place] as number)) values[base + place] = given(place);
      for (const place of this.#maxes)
        if (empty || given(place) > (values[base + place] as number)) values[base + place] = given(place);
    }
    for (const place of this.#sums) values[base + place] = (values[base + place] as number) + given(place);
    if (series.sketches !== null && row.sketch !== null) {
      series.sketches[slot] = together(this.shape.family, 'sketch', series.sketches[slot] ?? null, row.sketch);
    }
    if (series.distincts !== null && row.distinct !== null) {
      series.distincts[slot] = together(this.shape.family, 'distinct', series.distincts[slot] ?? null, row.distinct);
    }
  }

  /** Adds what a key has in [from, to), aligned, to `into`, sketches only where they are wanted; false where that is nothing. */
  addTo(into: Partial, key: string, from: number, to: number, sketches: boolean): boolean {
    const series = this.#series.get(key);
    if (series === undefined || series.newest < from) return false;
    const { columns, stepMs } = this.shape;
    const { values } = series;
    const sum = into.values;
    let any = false;
    for (let start = Math.max(from, this.#oldest); start < to; start += stepMs) {
      const slot = this.#slotOf(start);
      const base = slot * columns.length;
      if (!this.#isThere(values, base)) continue;
      any = true;
      if (this.#gate >= 0 && (values[base + this.#gate] as number) > 0) {
        const empty = sum[columns[this.#gate] as number] === 0;
        for (const place of this.#mins) {
          const column = columns[place] as number;
          if (empty || (values[base + place] as number) < (sum[column] as number)) sum[column] = values[base + place] as number;
        }
        for (const place of this.#maxes) {
          const column = columns[place] as number;
          if (empty || (values[base + place] as number) > (sum[column] as number)) sum[column] = values[base + place] as number;
        }
      }
      for (const place of this.#sums) {
        const column = columns[place] as number;
        sum[column] = (sum[column] as number) + (values[base + place] as number);
      }
      if (!sketches) continue;
      const sketch = series.sketches?.[slot] ?? null;
      const distinct = series.distincts?.[slot] ?? null;
      if (sketch !== null || distinct !== null) into.merge({ values: NOTHING, sketch, distinct });
    }
    return any;
  }

  #isThere(values: Float64Array, base: number): boolean {
    for (const place of this.#presence) if (values[base + place] !== 0) return true;
    return false;
  }

  #slotOf(start: number): number {
    return (start / this.shape.stepMs) % this.shape.slots;
  }

  #clear(series: Series, slot: number): void {
    const { length } = this.shape.columns;
    series.values.fill(0, slot * length, (slot + 1) * length);
    if (series.sketches !== null) series.sketches[slot] = null;
    if (series.distincts !== null) series.distincts[slot] = null;
  }

  #newSeries(key: string): Series {
    const { slots, columns, sketch, distinct } = this.shape;
    const bytes = slots * (columns.length * Float64Array.BYTES_PER_ELEMENT + (sketch || distinct ? SKETCH_BYTES : 0));
    if ((this.#series.size + 1) * bytes > MAX_BYTES) throw new RingFull(`more than ${this.#series.size} series`);
    const empty = (held: boolean) => (held ? new Array<Uint8Array | null>(slots).fill(null) : null);
    const series: Series = {
      values: new Float64Array(slots * columns.length),
      sketches: empty(sketch),
      distincts: empty(distinct),
      newest: this.#oldest,
    };
    this.#series.set(key, series);
    return series;
  }
}

const NOTHING: readonly number[] = new Array<number>(32).fill(0);

/** Two sketches as one, serialised: they take a tenth of the memory of those that can be added to. */
function together<Kind extends 'sketch' | 'distinct'>(
  family: Family,
  kind: Kind,
  held: Uint8Array | null,
  added: NonNullable<Mergeable[Kind]>,
): Uint8Array {
  if (held === null) return added instanceof Uint8Array ? added : added.serialize();
  const both = new Partial(family);
  for (const each of [held, added]) both.merge({ values: NOTHING, sketch: null, distinct: null, [kind]: each });
  return (both[kind] ?? { serialize: () => held }).serialize();
}
