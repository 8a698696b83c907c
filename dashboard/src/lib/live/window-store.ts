/**
 * The windows of one series, bounded. A window that comes again replaces the one that is there: live
 * messages and REST answers carry windows whole, so there is nothing to add up and nothing to count twice.
 */
export class WindowStore<P extends { readonly t: number }> {
  readonly stepMs: number;
  readonly capacity: number;
  readonly #byStart = new Map<number, { point: P; stamp: number }>();
  /** Oldest first; a new array after each change, so that whoever has one sees that there is another. */
  #sorted: P[] = [];

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
    const fresh = points.filter((point) => (this.#byStart.get(point.t)?.stamp ?? stamp) <= stamp);
    if (fresh.length === 0) return;
    const sorted = this.#sorted.slice();
    for (const point of fresh) {
      const place = placeOf(sorted, point.t);
      // Nearly always at the end, where nothing has to move.
      sorted.splice(place, sorted[place]?.t === point.t ? 1 : 0, point);
      this.#byStart.set(point.t, { point, stamp });
    }
    for (const point of sorted.splice(0, Math.max(0, sorted.length - this.capacity))) this.#byStart.delete(point.t);
    this.#sorted = sorted;
  }

  /** All windows, oldest first. The array is not to be changed; it is a new one after each change. */
  all(): readonly P[] {
    return this.#sorted;
  }

  /** Windows that overlap [from, to), oldest first. */
  between(from: number, to: number): P[] {
    return this.#sorted.slice(placeOf(this.#sorted, Math.floor(from - this.stepMs) + 1), placeOf(this.#sorted, to));
  }

  clear(): void {
    this.#byStart.clear();
    this.#sorted = [];
  }
}

/** Where a window that starts at `t` stands, or would stand. */
function placeOf(sorted: readonly { readonly t: number }[], t: number): number {
  const last = sorted.at(-1);
  if (last === undefined || last.t < t) return sorted.length;
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.t ?? t) < t) low = middle + 1;
    else high = middle;
  }
  return low;
}
