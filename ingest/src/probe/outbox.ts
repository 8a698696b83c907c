/** Samples that wait to be sent, oldest first; beyond `capacity` the oldest make room. */
export class Outbox<T> {
  readonly #capacity: number;
  readonly #waiting: T[] = [];
  #dropped = 0;
  /** How many of the oldest are being sent; when they are pushed out meanwhile, `done` must not remove others. */
  #sending = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** How many were dropped unsent in all. */
  get dropped(): number {
    return this.#dropped;
  }

  push(item: T): void {
    this.#waiting.push(item);
    if (this.#waiting.length > this.#capacity) {
      this.#waiting.shift();
      this.#dropped++;
      if (this.#sending > 0) this.#sending--;
    }
  }

  /** The oldest, at most `count`; they stay until `done`. */
  take(count: number): readonly T[] {
    const taken = this.#waiting.slice(0, count);
    this.#sending = taken.length;
    return taken;
  }

  /** Removes what was last taken. */
  done(): void {
    this.#waiting.splice(0, this.#sending);
    this.#sending = 0;
  }
}
