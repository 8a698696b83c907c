import { FAMILIES, type Family, type MergeOp, type PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import { DistinctSketch } from './distinct-sketch.ts';
import { QuantileSketch } from './quantile-sketch.ts';

type Columns<F extends Family> = keyof (typeof FAMILIES)[F]['columns'];

/** Where each column of a family is in `Partial.values` and `PartialRow.values`. */
export const COLUMN: { readonly [F in Family]: { readonly [C in Columns<F>]: number } } = {
  events: indexes('events'),
  gauges: indexes('gauges'),
  tasks: indexes('tasks'),
};

function indexes<F extends Family>(family: F): { readonly [C in Columns<F>]: number } {
  const names = Object.keys(FAMILIES[family].columns) as Columns<F>[];
  return Object.fromEntries(names.map((name, index) => [name, index])) as { readonly [C in Columns<F>]: number };
}

/** The columns of a family by what merges them. A min, max or last counts only where `gate` (a column) is not 0. */
interface MergePlan {
  readonly size: number;
  readonly sums: readonly number[];
  readonly mins: readonly number[];
  readonly maxes: readonly number[];
  readonly lasts: readonly number[];
  readonly lastAt: number;
  readonly gate: number;
}

const PLANS: Readonly<Record<Family, MergePlan>> = {
  events: planOf('events', COLUMN.events.timed),
  gauges: planOf('gauges', COLUMN.gauges.samples, COLUMN.gauges.last_at),
  tasks: planOf('tasks', COLUMN.tasks.created),
};

function planOf(family: Family, gate: number, lastAt = -1): MergePlan {
  const ops: MergeOp[] = Object.values(FAMILIES[family].columns);
  const having = (op: MergeOp) => ops.flatMap((each, index) => (each === op ? [index] : []));
  return {
    size: ops.length,
    sums: having('sum'),
    mins: having('min'),
    maxes: having('max'),
    lasts: having('last'),
    lastAt,
    gate,
  };
}

/** How many columns a family has. */
export function columnCount(family: Family): number {
  return PLANS[family].size;
}

/** What can be merged into a partial: another one, or a row as stored. */
export interface Mergeable {
  readonly values: ArrayLike<number>;
  readonly sketch: Uint8Array | QuantileSketch | null;
  readonly distinct: Uint8Array | DistinctSketch | null;
}

/**
 * A partial aggregate in memory. Merging is associative and commutative, and exact while every sum
 * stays below 2^53, so any split of the same events over any number of partials ends in the same one.
 */
export class Partial {
  readonly family: Family;
  /** In the order of the family's columns; see `COLUMN`. A min or max of nothing is 0. */
  readonly values: Float64Array;
  /** Null until the first value, or where the rows were read without sketches. */
  sketch: QuantileSketch | null = null;
  distinct: DistinctSketch | null = null;

  /** `values` gives the memory for the columns, all zero, where there is some at hand: see `columnCount`. */
  constructor(family: Family, values = new Float64Array(PLANS[family].size)) {
    this.family = family;
    this.values = values;
  }

  /** Counts a response time (microseconds, events) or a duration (milliseconds, tasks) in the sketch alone. */
  addToSketch(value: number): void {
    (this.sketch ??= new QuantileSketch()).add(value);
  }

  /** Counts a user by hash; see hash64.ts. */
  addDistinct(hi: number, lo: number): void {
    (this.distinct ??= new DistinctSketch()).addHash(hi, lo);
  }

  /** Adds everything in `other`, which stays as it is. Throws a `RangeError` for bytes that are no sketch. */
  merge(other: Mergeable): void {
    this.mergeValues(other.values);
    if (other.sketch !== null) {
      this.sketch ??= new QuantileSketch();
      if (other.sketch instanceof Uint8Array) this.sketch.mergeBytes(other.sketch);
      else this.sketch.merge(other.sketch);
    }
    if (other.distinct !== null) {
      this.distinct ??= new DistinctSketch();
      if (other.distinct instanceof Uint8Array) this.distinct.mergeBytes(other.distinct);
      else this.distinct.merge(other.distinct);
    }
  }

  /** Adds the numeric columns alone. */
  mergeValues(others: ArrayLike<number>): void {
    const plan = PLANS[this.family];
    const values = this.values;
    if ((others[plan.gate] as number) > 0) {
      const empty = values[plan.gate] === 0;
      for (const i of plan.lasts) {
        const at = values[plan.lastAt] as number;
        const otherAt = others[plan.lastAt] as number;
        // Of two values of the same moment the larger one wins, so that order does not matter.
        if (empty || otherAt > at || (otherAt === at && (others[i] as number) > (values[i] as number))) {
          values[i] = others[i] as number;
        }
      }
      for (const i of plan.mins) {
        if (empty || (others[i] as number) < (values[i] as number)) values[i] = others[i] as number;
      }
      for (const i of plan.maxes) {
        if (empty || (others[i] as number) > (values[i] as number)) values[i] = others[i] as number;
      }
    }
    for (const i of plan.sums) values[i] = (values[i] as number) + (others[i] as number);
  }

  /** Empties the partial and keeps its memory. */
  clear(): void {
    this.values.fill(0);
    this.sketch?.clear();
    this.distinct?.clear();
  }

  /** The row under `place`: a copy of the values, the sketches as bytes, null where they are empty. */
  toRow(place: Pick<PartialRow, 'set' | 'key' | 'tier' | 'window' | 'source' | 'seq'>): PartialRow {
    return {
      set: place.set,
      key: place.key,
      tier: place.tier,
      window: place.window,
      source: place.source,
      seq: place.seq,
      values: this.values.slice(),
      sketch: this.sketch === null || this.sketch.count === 0 ? null : this.sketch.serialize(),
      distinct: this.distinct === null || this.distinct.estimate() === 0 ? null : this.distinct.serialize(),
    };
  }
}
