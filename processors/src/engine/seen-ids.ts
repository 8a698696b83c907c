const EMPTY = 0;

/**
 * The identities of the last `horizon` accepted events of a source: a ring of 64-bit hashes in order
 * of acceptance with an open-addressing index over it, linear probing, deletion by backward shift.
 *
 * Membership depends on the order of the adds alone, so a replay of the log decides the same.
 * Memory: 8 bytes a hash and 4 bytes a slot at a load of at most one half, grown by doubling; 64 MiB at 2^22.
 */
export class SeenIds {
  readonly #horizon: number;
  #ring: Int32Array;
  /** Position in the ring plus one, or EMPTY. */
  #slots: Uint32Array;
  #mask: number;
  /** How many were ever added; the newest stands at `(#added - 1) % #horizon`. */
  #added = 0;

  constructor(horizon: number) {
    this.#horizon = horizon;
    const initial = Math.min(horizon, 1024);
    this.#ring = new Int32Array(initial * 2);
    this.#slots = new Uint32Array(slotCount(initial));
    this.#mask = this.#slots.length - 1;
  }

  get size(): number {
    return Math.min(this.#added, this.#horizon);
  }

  /** Adds an identity, its halves as signed 32-bit integers. False where it was already there; the order of the others stays as it was. */
  add(hi: number, lo: number): boolean {
    let slot = this.#home(lo, hi);
    for (let entry = this.#slots[slot]; entry !== EMPTY; entry = this.#slots[slot]) {
      const at = ((entry as number) - 1) * 2;
      if (this.#ring[at] === hi && this.#ring[at + 1] === lo) return false;
      slot = (slot + 1) & this.#mask;
    }
    if (this.#added >= this.#horizon) {
      this.#remove(this.#added % this.#horizon);
      slot = this.#free(lo, hi);
    } else if ((this.#added + 1) * 2 > this.#ring.length) {
      this.#grow();
      slot = this.#free(lo, hi);
    }
    const position = this.#added % this.#horizon;
    this.#ring[position * 2] = hi;
    this.#ring[position * 2 + 1] = lo;
    this.#slots[slot] = position + 1;
    this.#added++;
    return true;
  }

  #home(lo: number, hi: number): number {
    return (lo ^ (hi >>> 15)) & this.#mask;
  }

  #free(lo: number, hi: number): number {
    let slot = this.#home(lo, hi);
    while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & this.#mask;
    return slot;
  }

  #homeOf(position: number): number {
    return this.#home(this.#ring[position * 2 + 1] as number, this.#ring[position * 2] as number);
  }

  #remove(position: number): void {
    let hole = this.#homeOf(position);
    while (this.#slots[hole] !== position + 1) hole = (hole + 1) & this.#mask;
    // Whatever stands behind the hole and could have stood in it moves up, or a probe would stop too soon.
    for (let slot = (hole + 1) & this.#mask; this.#slots[slot] !== EMPTY; slot = (slot + 1) & this.#mask) {
      const home = this.#homeOf((this.#slots[slot] as number) - 1);
      if (((slot - home) & this.#mask) >= ((slot - hole) & this.#mask)) {
        this.#slots[hole] = this.#slots[slot] as number;
        hole = slot;
      }
    }
    this.#slots[hole] = EMPTY;
  }

  #grow(): void {
    const capacity = Math.min(this.#horizon, this.#ring.length);
    const ring = new Int32Array(capacity * 2);
    ring.set(this.#ring);
    this.#ring = ring;
    this.#slots = new Uint32Array(slotCount(capacity));
    this.#mask = this.#slots.length - 1;
    for (let position = 0; position < this.#added; position++) {
      const slot = this.#free(ring[position * 2 + 1] as number, ring[position * 2] as number);
      this.#slots[slot] = position + 1;
    }
  }
}

function slotCount(capacity: number): number {
  let slots = 16;
  while (slots < capacity * 2) slots *= 2;
  return slots;
}
