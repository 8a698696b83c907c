import * as varint from './varint.ts';

/**
 * DDSketch (Masson, Rim, Lee 2019): a histogram with logarithmic buckets whose quantiles are off by at
 * most 1% of the value. Bucket i holds (gamma^(i-1), gamma^i] and answers 2 gamma^i / (gamma + 1).
 * Counts are exact, so merging is exact too: any order, any grouping, the same buckets and the same bytes.
 */

export const RELATIVE_ERROR = 0.01;
const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const PER_LOG = 1 / Math.log(GAMMA);
const MIDDLE = 2 / (GAMMA + 1);

/** Anything smaller counts as zero. */
export const SMALLEST = 1e-6;
/** Anything larger counts as this. */
export const LARGEST = 1e18;
const MIN_INDEX = Math.ceil(Math.log(SMALLEST) * PER_LOG);
const MAX_INDEX = Math.ceil(Math.log(LARGEST) * PER_LOG);

/** Of so few values the buckets are kept one by one: most sketches of a large fleet have no more, and counts take memory outside of the heap. */
const FEW = 16;

const VERSION = 1;
const MAX_UINT32 = 0xffffffff;

export class QuantileSketch {
  /** How many values were added. */
  count = 0;
  #zeros = 0;
  /** The bucket of each value, in no order; null once there are counts. */
  #few: number[] | null = [];
  /** Bucket i is at `#counts[i - #offset]`. 32 bits until one bucket needs more. */
  #counts: Uint32Array | Float64Array = new Uint32Array(0);
  #offset = 0;
  /** The range of buckets ever used since `clear`; empty where high < low. */
  #low = MAX_INDEX + 1;
  #high = MIN_INDEX - 1;

  /** Adds `value` (0 or more) `n` times. Throws a `RangeError` for a negative value or NaN. */
  add(value: number, n = 1): void {
    if (value < SMALLEST) {
      if (value < 0) throw new RangeError(`a quantile sketch takes no negative value: ${value}`);
      this.#zeros += n;
      this.count += n;
      return;
    }
    let index = Math.ceil(Math.log(value) * PER_LOG);
    if (!(index <= MAX_INDEX)) {
      if (Number.isNaN(value)) throw new RangeError('a quantile sketch takes no NaN');
      index = MAX_INDEX;
    }
    this.#addTo(index, n);
  }

  /** Adds everything in `other`, which stays as it is. */
  merge(other: QuantileSketch): void {
    this.#zeros += other.#zeros;
    this.count += other.#zeros;
    if (other.#few !== null) {
      for (const index of other.#few) this.#addTo(index, 1);
      return;
    }
    const counts = other.#counts;
    const offset = other.#offset;
    const last = other.#high;
    for (let index = other.#low; index <= last; index++) {
      const n = counts[index - offset] as number;
      if (n !== 0) this.#addTo(index, n);
    }
  }

  /**
   * The `q`-quantile (0 to 1) within 1%, or null where nothing was added. Between two ranks it
   * interpolates, as Postgres's percentile_cont and numpy do: the value at rank q (count - 1), from 0.
   */
  quantile(q: number): number | null {
    if (!(q >= 0 && q <= 1)) throw new RangeError(`a quantile is asked for by a number from 0 to 1: ${q}`);
    if (this.count === 0) return null;
    this.#countFew();
    const rank = q * (this.count - 1);
    const below = Math.floor(rank);
    const share = rank - below;
    let seen = this.#zeros;
    let lower = seen > below ? 0 : -1;
    if (lower === 0 && (share === 0 || seen > below + 1)) return 0;
    for (let index = this.#low; index <= this.#high; index++) {
      const n = this.#counts[index - this.#offset] as number;
      if (n === 0) continue;
      seen += n;
      const value = MIDDLE * Math.pow(GAMMA, index);
      if (lower < 0 && seen > below) lower = value;
      if (seen > below + 1 || (lower >= 0 && share === 0)) return lower + (value - lower) * share;
    }
    return lower < 0 ? 0 : lower;
  }

  /** Tells what is in each filled bucket, from below: the value that it answers, and how many there are. */
  eachBucket(tell: (value: number, n: number) => void): void {
    if (this.#zeros > 0) tell(0, this.#zeros);
    this.#countFew();
    for (let index = this.#low; index <= this.#high; index++) {
      const n = this.#counts[index - this.#offset] as number;
      if (n !== 0) tell(MIDDLE * Math.pow(GAMMA, index), n);
    }
  }

  /** Empties the sketch and keeps its memory. */
  clear(): void {
    if (this.#few !== null) this.#few.length = 0;
    if (this.#high >= this.#low) this.#counts.fill(0, this.#low - this.#offset, this.#high - this.#offset + 1);
    this.#low = MAX_INDEX + 1;
    this.#high = MIN_INDEX - 1;
    this.#zeros = 0;
    this.count = 0;
  }

  /**
   * Version, zeros, number of filled buckets, first index (zigzag), then for each filled bucket twice the
   * gap to the one before, plus 1 and followed by n - 2 where it holds n > 1. Varints throughout.
   */
  serialize(): Uint8Array {
    varint.begin();
    varint.putByte(VERSION);
    varint.putVarint(this.#zeros);
    if (this.#few !== null) putFew(this.#few.sort((a, b) => a - b));
    else this.#putCounts();
    return varint.finish();
  }

  #putCounts(): void {
    const counts = this.#counts;
    const offset = this.#offset;
    let filled = 0;
    let first = 0;
    for (let index = this.#high; index >= this.#low; index--) {
      if (counts[index - offset] === 0) continue;
      filled++;
      first = index;
    }
    varint.putVarint(filled);
    if (filled === 0) return;
    putFirst(first);
    let expected = first;
    for (let index = first; index <= this.#high; index++) {
      const n = counts[index - offset] as number;
      if (n === 0) continue;
      putBucket(index - expected, n);
      expected = index + 1;
    }
  }

  /** Throws a `RangeError` where `bytes` are no sketch of ours. */
  static parse(bytes: Uint8Array): QuantileSketch {
    const sketch = new QuantileSketch();
    sketch.mergeBytes(bytes);
    return sketch;
  }

  /** Adds everything in a serialised sketch; after a `RangeError` the sketch is of no use. */
  mergeBytes(bytes: Uint8Array): void {
    if (bytes[0] !== VERSION) throw new RangeError(`no quantile sketch of version ${VERSION}`);
    varint.readFrom(1);
    const zeros = varint.readVarint(bytes);
    this.#zeros += zeros;
    this.count += zeros;
    const filled = varint.readVarint(bytes);
    if (filled > 0) {
      const zigzag = varint.readVarint(bytes);
      let index = zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
      for (let i = 0; i < filled; i++) {
        const head = varint.readVarint(bytes);
        index += Math.floor(head / 2);
        if (!(index >= MIN_INDEX && index <= MAX_INDEX)) throw new RangeError('a bucket of a quantile sketch is out of range');
        this.#addTo(index, head % 2 === 0 ? 1 : varint.readVarint(bytes) + 2);
        index++;
      }
    }
    if (varint.position !== bytes.length) throw new RangeError('a quantile sketch is followed by other bytes');
  }

  #addTo(index: number, n: number): void {
    this.count += n;
    if (this.#few !== null) {
      if (n === 1 && this.#few.length < FEW) {
        this.#few.push(index);
        return;
      }
      this.#countFew();
    }
    this.#addToCounts(index, n);
  }

  /** From now on there are counts. */
  #countFew(): void {
    const few = this.#few;
    if (few === null) return;
    this.#few = null;
    for (const index of few) this.#addToCounts(index, 1);
  }

  #addToCounts(index: number, n: number): void {
    if (index < this.#low || index > this.#high) this.#cover(index);
    const slot = index - this.#offset;
    const total = (this.#counts[slot] as number) + n;
    if (total > MAX_UINT32 && this.#counts instanceof Uint32Array) this.#counts = Float64Array.from(this.#counts);
    this.#counts[slot] = total;
  }

  /** Makes `index` part of the range, with room around it when memory must grow. */
  #cover(index: number): void {
    const low = Math.min(this.#low, index);
    const high = Math.max(this.#high, index);
    if (low < this.#offset || high >= this.#offset + this.#counts.length) {
      const span = high - low + 1;
      const size = Math.ceil((span * 1.25) / 16) * 16;
      const larger = this.#counts instanceof Uint32Array ? new Uint32Array(size) : new Float64Array(size);
      const offset = low - ((size - span) >> 1);
      if (this.#high >= this.#low) {
        larger.set(this.#counts.subarray(this.#low - this.#offset, this.#high - this.#offset + 1), this.#low - offset);
      }
      this.#counts = larger;
      this.#offset = offset;
    }
    this.#low = low;
    this.#high = high;
  }
}

function putFirst(index: number): void {
  varint.putVarint(index < 0 ? -2 * index - 1 : 2 * index);
}

function putBucket(gap: number, n: number): void {
  if (n === 1) {
    varint.putVarint(gap * 2);
    return;
  }
  varint.putVarint(gap * 2 + 1);
  varint.putVarint(n - 2);
}

/** Buckets one by one, from below, as their counts would be. */
function putFew(few: readonly number[]): void {
  let filled = 0;
  for (let i = 0; i < few.length; i++) if (i === 0 || few[i] !== few[i - 1]) filled++;
  varint.putVarint(filled);
  if (filled === 0) return;
  let expected = few[0] as number;
  putFirst(expected);
  for (let i = 0; i < few.length;) {
    const index = few[i] as number;
    const start = i;
    while (few[i] === index) i++;
    putBucket(index - expected, i - start);
    expected = index + 1;
  }
}
