/**
 * The windows of one series, bounded. A window that comes again replaces the one that is there: live
 * messages and REST answers carry windows whole, so there is nothing to add up and nothing to count twice.
 */
export class WindowStore<P extends { readonly t: number }> {
  readonly stepMs: number;
  readonly capacity: number;
  #byStart = new Map<number, { point: P; stamp: number }>();
  #sorted: P[] | null = [];

  /** Keeps the newest `capacity` windows of `stepMs` milliseconds each. */
  constructor(stepMs: number, capacity: number) {
    this.stepMs = stepMs;
    this.capacity = capacity;
  }

  get size(): number {
    return this.#byStart.size;
  }

  get(t: number): P | undefined {
    return this.#byStart.get(t)?.point;
  }

  /**
   * Puts windows in. `stamp` is when the news was known (for a REST answer: when it was asked for); a window
   * that is newer than `stamp` stays.
   */
  put(points: readonly P[], stamp: number): void {
    for (const point of points) {
      const present = this.#byStart.get(point.t);
      if (present !== undefined && present.stamp > stamp) continue;
      this.#byStart.set(point.t, { point, stamp });
      this.#sorted = null;
    }
    this.#bound();
  }

  /** All windows, oldest first. The array is not to be changed; it is a new one after each change. */
  all(): readonly P[] {
    this.#sorted ??= [...this.#byStart.values()].map((entry) => entry.point).sort((a, b) => a.t - b.t);
    return this.#sorted;
  }

  /** Windows that overlap [from, to), oldest first. */
  between(from: number, to: number): P[] {
    return this.all().filter((point) => point.t + this.stepMs > from && point.t < to);
  }

  clear(): void {
    this.#byStart.clear();
    this.#sorted = [];
  }

  #bound(): void {
    if (this.#byStart.size <= this.capacity) return;
    const surplus = this.all().slice(0, this.#byStart.size - this.capacity);
    for (const point of surplus) this.#byStart.delete(point.t);
    this.#sorted = null;
  }
}
