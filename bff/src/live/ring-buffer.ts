/** The newest items, up to a number and a weight (bytes, say); older ones go. */
export class RingBuffer<T> {
  readonly #maxItems: number;
  readonly #maxWeight: number;
  #items: { readonly item: T; readonly weight: number }[] = [];
  #first = 0;
  #weight = 0;

  constructor(maxItems: number, maxWeight: number) {
    this.#maxItems = maxItems;
    this.#maxWeight = maxWeight;
  }

  /** Adds an item and answers those that had to go for it, oldest first. */
  push(item: T, weight: number): T[] {
    this.#items.push({ item, weight });
    this.#weight += weight;
    const gone: T[] = [];
    while (this.size > this.#maxItems || (this.#weight > this.#maxWeight && this.size > 1)) {
      const oldest = this.#items[this.#first];
      if (oldest === undefined) break;
      this.#first++;
      this.#weight -= oldest.weight;
      gone.push(oldest.item);
    }
    // Moving the array at every push would cost its length each time.
    if (this.#first > this.#maxItems) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return gone;
  }

  get size(): number {
    return this.#items.length - this.#first;
  }

  /** Oldest first. */
  *[Symbol.iterator](): Iterator<T> {
    for (let i = this.#first; i < this.#items.length; i++) {
      const entry = this.#items[i];
      if (entry !== undefined) yield entry.item;
    }
  }
}
