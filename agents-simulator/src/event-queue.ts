/** What a source of the scenario brings: something that happens at an offset, sent at another. */
export interface Timed {
  /** Offset at which it is sent, in milliseconds. */
  readonly at: number;
}

/** A source of the scenario. It yields bundles; none of a bundle's events is sent before its `from`. */
export interface Bundle<T extends Timed> {
  /** Never decreases from bundle to bundle. */
  readonly from: number;
  readonly events: readonly T[];
}

/**
 * Merges sources into one order of sending. Events with the same offset come in the order in which
 * their sources brought them, so the merge depends on nothing but its input.
 */
export function* inOrder<T extends Timed>(sources: readonly Iterator<Bundle<T>>[]): Generator<T> {
  const queue = new EventQueue<T>();
  const heads = sources.map((source) => source.next());
  for (;;) {
    let next = -1;
    let from = Infinity;
    for (let index = 0; index < heads.length; index += 1) {
      const head = heads[index];
      if (head !== undefined && head.done !== true && head.value.from < from) {
        from = head.value.from;
        next = index;
      }
    }
    for (let event = queue.peek(); event !== undefined && event.at < from; event = queue.peek()) {
      queue.pop();
      yield event;
    }
    const head = heads[next];
    const source = sources[next];
    if (head === undefined || head.done === true || source === undefined) return;
    for (const event of head.value.events) queue.push(event);
    heads[next] = source.next();
  }
}

/** A binary heap by (`at`, order of arrival). */
class EventQueue<T extends Timed> {
  readonly #heap: { event: T; order: number }[] = [];
  #arrivals = 0;

  peek(): T | undefined {
    return this.#heap[0]?.event;
  }

  push(event: T): void {
    const heap = this.#heap;
    const item = { event, order: this.#arrivals++ };
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const above = (at - 1) >>> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(item, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = item;
  }

  pop(): void {
    const heap = this.#heap;
    const item = heap.pop();
    if (item === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = heap[below];
      const right = heap[below + 1];
      if (child !== undefined && right !== undefined && isBefore(right, child)) {
        below += 1;
        child = right;
      }
      if (child === undefined || !isBefore(child, item)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = item;
  }
}

function isBefore(a: { event: Timed; order: number }, b: { event: Timed; order: number }): boolean {
  return a.event.at < b.event.at || (a.event.at === b.event.at && a.order < b.order);
}
