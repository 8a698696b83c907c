import * as varint from './varint.ts';

/**
 * Counts distinct 64-bit hashes: exactly up to 1,024, then by HyperLogLog with 2^14 registers (0.8%
 * standard error). Its content depends on the set of hashes alone, never on order or grouping, because
 * any part that has outgrown the exact form makes the whole outgrow it. A hash is two 32-bit halves:
 * a 53-bit number would take the same room and lose 11 bits.
 */

export const EXACT_UP_TO = 1_024;
/** So few are kept one after the other: most sketches of a large fleet have no more, and a table takes memory outside of the heap. */
const FEW = 12;
const PRECISION = 14;
const REGISTERS = 1 << PRECISION;
const TAIL_BITS = 64 - PRECISION;

const VERSION = 1;
const EXACT = 0;
const SPARSE = 1;
const DENSE = 2;
const DENSE_BYTES = (REGISTERS * 6) / 8;

const sortable = new BigUint64Array(EXACT_UP_TO);
const sortableHalves = new Uint32Array(sortable.buffer);
const NO_TABLE = new Int32Array(0);

export class DistinctSketch {
  /** Pairs (hi, lo); null once there is a table, or registers. */
  #few: number[] | null = [];
  /** Open addressing over pairs (hi, lo); the pair (0, 0) is an empty slot. Unused once there are registers. */
  #table = NO_TABLE;
  #size = 0;
  #registers: Uint8Array | null = null;

  /** Adds one hash, given as two 32-bit halves, signed or not. */
  addHash(hi: number, lo: number): void {
    // (0, 0) marks an empty slot, so that hash counts as its neighbour.
    const low = (hi | lo) === 0 ? 1 : lo | 0;
    if (this.#registers !== null) raise(this.#registers, hi, low);
    else this.#addExact(hi | 0, low);
  }

  /** Adds everything in `other`, which stays as it is. */
  merge(other: DistinctSketch): void {
    if (other.#registers !== null) {
      const registers = this.#approximate();
      for (let i = 0; i < REGISTERS; i++) {
        const rank = other.#registers[i] as number;
        if (rank > (registers[i] as number)) registers[i] = rank;
      }
      return;
    }
    if (other.#few !== null) {
      for (let i = 0; i < other.#few.length; i += 2) this.addHash(other.#few[i] as number, other.#few[i + 1] as number);
      return;
    }
    const table = other.#table;
    for (let i = 0; i < table.length; i += 2) {
      const hi = table[i] as number;
      const lo = table[i + 1] as number;
      if ((hi | lo) !== 0) this.addHash(hi, lo);
    }
  }

  /** How many distinct hashes were added: exact up to 1,024. */
  estimate(): number {
    return this.#registers === null ? this.#size : Math.round(estimateOf(this.#registers));
  }

  /** Empties the sketch; keeps the memory of a small one. */
  clear(): void {
    this.#registers = null;
    if (this.#few !== null) this.#few.length = 0;
    if (this.#table.length > 256) this.#table = NO_TABLE;
    else this.#table.fill(0);
    this.#size = 0;
  }

  /**
   * Version and form, then for the exact form the hashes as sorted little-endian 64-bit numbers; for
   * registers whichever is shorter of (gap, value) pairs of those that are set, and 6 bits for each.
   */
  serialize(): Uint8Array {
    if (this.#registers === null) return this.#serializeExact();
    const registers = this.#registers;
    varint.begin();
    varint.putByte(VERSION);
    varint.putByte(SPARSE);
    let expected = 0;
    for (let i = 0; i < REGISTERS; i++) {
      const rank = registers[i] as number;
      if (rank === 0) continue;
      varint.putVarint(i - expected);
      varint.putByte(rank);
      expected = i + 1;
    }
    const sparse = varint.finish();
    return sparse.length <= DENSE_BYTES + 2 ? sparse : serializeDense(registers);
  }

  /** Throws a `RangeError` where `bytes` are no sketch of ours. */
  static parse(bytes: Uint8Array): DistinctSketch {
    const sketch = new DistinctSketch();
    sketch.mergeBytes(bytes);
    return sketch;
  }

  /** Adds everything in a serialised sketch; after a `RangeError` the sketch is of no use. */
  mergeBytes(bytes: Uint8Array): void {
    if (bytes[0] !== VERSION) throw new RangeError(`no distinct sketch of version ${VERSION}`);
    switch (bytes[1]) {
      case EXACT:
        return this.#mergeExact(bytes);
      case SPARSE:
        return this.#mergeSparse(bytes);
      case DENSE:
        return this.#mergeDense(bytes);
      default:
        throw new RangeError(`a distinct sketch has an unknown form: ${bytes[1]}`);
    }
  }

  #mergeExact(bytes: Uint8Array): void {
    if (bytes.length % 8 !== 2 || bytes.length > EXACT_UP_TO * 8 + 2)
      throw new RangeError('a distinct sketch has a wrong length');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 2; at < bytes.length; at += 8) this.addHash(view.getInt32(at + 4, true), view.getInt32(at, true));
  }

  #mergeSparse(bytes: Uint8Array): void {
    const registers = this.#approximate();
    varint.readFrom(2);
    let index = 0;
    while (varint.position < bytes.length) {
      index += varint.readVarint(bytes);
      const rank = varint.readVarint(bytes);
      if (index >= REGISTERS || rank > TAIL_BITS + 1) throw new RangeError('a register of a distinct sketch is out of range');
      if (rank > (registers[index] as number)) registers[index] = rank;
      index++;
    }
  }

  #mergeDense(bytes: Uint8Array): void {
    if (bytes.length !== DENSE_BYTES + 2) throw new RangeError('a distinct sketch has a wrong length');
    const registers = this.#approximate();
    for (let i = 0, at = 2; i < REGISTERS; i += 4, at += 3) {
      const four = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
      for (let j = 0; j < 4; j++) {
        const rank = (four >>> (18 - 6 * j)) & 63;
        if (rank > TAIL_BITS + 1) throw new RangeError('a register of a distinct sketch is out of range');
        if (rank > (registers[i + j] as number)) registers[i + j] = rank;
      }
    }
  }

  #addExact(hi: number, lo: number): void {
    if (this.#few !== null) {
      if (this.#addToFew(this.#few, hi, lo)) return;
      this.#leaveFew();
    }
    let table = this.#table;
    if (this.#size * 4 >= table.length * 1.5) table = this.#grow();
    const mask = table.length - 1;
    let slot = (lo << 1) & mask;
    for (;;) {
      const otherHi = table[slot] as number;
      const otherLo = table[slot + 1] as number;
      if (otherHi === hi && otherLo === lo) return;
      if ((otherHi | otherLo) === 0) break;
      slot = (slot + 2) & mask;
    }
    if (this.#size === EXACT_UP_TO) {
      raise(this.#approximate(), hi, lo);
      return;
    }
    table[slot] = hi;
    table[slot + 1] = lo;
    this.#size++;
  }

  /** False where there are too many. */
  #addToFew(few: number[], hi: number, lo: number): boolean {
    for (let i = 0; i < few.length; i += 2) if (few[i + 1] === lo && few[i] === hi) return true;
    if (few.length === 2 * FEW) return false;
    few.push(hi, lo);
    this.#size++;
    return true;
  }

  /** From now on there is a table. */
  #leaveFew(): void {
    const few = this.#few;
    if (few === null) return;
    this.#few = null;
    this.#size = 0;
    for (let i = 0; i < few.length; i += 2) this.#addExact(few[i] as number, few[i + 1] as number);
  }

  #grow(): Int32Array<ArrayBuffer> {
    const old = this.#table;
    const table = new Int32Array(Math.max(8, old.length * 2));
    const mask = table.length - 1;
    for (let i = 0; i < old.length; i += 2) {
      const hi = old[i] as number;
      const lo = old[i + 1] as number;
      if ((hi | lo) === 0) continue;
      let slot = (lo << 1) & mask;
      while (((table[slot] as number) | (table[slot + 1] as number)) !== 0) slot = (slot + 2) & mask;
      table[slot] = hi;
      table[slot + 1] = lo;
    }
    this.#table = table;
    return table;
  }

  /** The registers, made from the exact hashes where there are none yet. */
  #approximate(): Uint8Array {
    if (this.#registers !== null) return this.#registers;
    this.#leaveFew();
    const registers = new Uint8Array(REGISTERS);
    for (let i = 0; i < this.#table.length; i += 2) {
      const hi = this.#table[i] as number;
      const lo = this.#table[i + 1] as number;
      if ((hi | lo) !== 0) raise(registers, hi, lo);
    }
    this.#registers = registers;
    this.#table = NO_TABLE;
    this.#size = 0;
    return registers;
  }

  #serializeExact(): Uint8Array {
    let n = 0;
    const pairs = this.#few ?? this.#table;
    for (let i = 0; i < pairs.length; i += 2) {
      const hi = pairs[i] as number;
      const lo = pairs[i + 1] as number;
      if ((hi | lo) === 0) continue;
      // The order of halves makes them one 64-bit number on little-endian machines, as all that Node runs on are.
      sortableHalves[2 * n] = lo;
      sortableHalves[2 * n + 1] = hi;
      n++;
    }
    sortable.subarray(0, n).sort();
    const bytes = new Uint8Array(2 + 8 * n);
    bytes[0] = VERSION;
    bytes[1] = EXACT;
    bytes.set(new Uint8Array(sortable.buffer, 0, 8 * n), 2);
    return bytes;
  }
}

function serializeDense(registers: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(DENSE_BYTES + 2);
  bytes[0] = VERSION;
  bytes[1] = DENSE;
  for (let i = 0, at = 2; i < REGISTERS; i += 4, at += 3) {
    const four =
      ((registers[i] as number) << 18) |
      ((registers[i + 1] as number) << 12) |
      ((registers[i + 2] as number) << 6) |
      (registers[i + 3] as number);
    bytes[at] = four >>> 16;
    bytes[at + 1] = four >>> 8;
    bytes[at + 2] = four;
  }
  return bytes;
}

/** The first 14 bits choose the register; it keeps the longest run of zeros that starts the other 50, plus 1. */
function raise(registers: Uint8Array, hi: number, lo: number): void {
  const index = hi >>> (32 - PRECISION);
  const tail = hi << PRECISION;
  const rank = tail !== 0 ? Math.clz32(tail) + 1 : 32 - PRECISION + Math.clz32(lo) + 1;
  if (rank > (registers[index] as number)) registers[index] = rank;
}

/**
 * Ertl's improved raw estimator ("New cardinality estimation algorithms for HyperLogLog sketches", 2017,
 * algorithm 6): no tables and no switch between formulas, small counts included.
 */
function estimateOf(registers: Uint8Array): number {
  const histogram = new Float64Array(TAIL_BITS + 2);
  for (let i = 0; i < REGISTERS; i++) {
    const rank = registers[i] as number;
    histogram[rank] = (histogram[rank] as number) + 1;
  }
  let z = REGISTERS * tau(1 - (histogram[TAIL_BITS + 1] as number) / REGISTERS);
  for (let rank = TAIL_BITS; rank >= 1; rank--) z = 0.5 * (z + (histogram[rank] as number));
  z += REGISTERS * sigma((histogram[0] as number) / REGISTERS);
  return (REGISTERS * REGISTERS) / (2 * Math.LN2 * z);
}

function sigma(share: number): number {
  if (share === 1) return Infinity;
  let x = share;
  let y = 1;
  let z = x;
  for (;;) {
    x *= x;
    const before = z;
    z += x * y;
    y += y;
    if (z === before) return z;
  }
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let x = share;
  let y = 1;
  let z = 1 - x;
  for (;;) {
    x = Math.sqrt(x);
    const before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
    if (z === before) return z / 3;
  }
}
