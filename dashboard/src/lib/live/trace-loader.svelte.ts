import { SvelteMap } from 'svelte/reactivity';

const AT_ONCE = 3;
const MOST = 500;

/**
 * Small lines for the rows of a table, read over REST for the rows that are looked at, a few at a time. A line
 * that cannot be read stays away: the table says the same in figures.
 */
export class TraceLoader {
  readonly #read: (id: string, signal: AbortSignal) => Promise<(number | null)[]>;
  readonly #traces = new SvelteMap<string, (number | null)[]>();
  readonly #known = new Set<string>();
  #waiting: string[] = [];
  #running = 0;
  #stopped = new AbortController();

  constructor(read: (id: string, signal: AbortSignal) => Promise<(number | null)[]>) {
    this.#read = read;
  }

  get(id: string): readonly (number | null)[] | undefined {
    return this.#traces.get(id);
  }

  /** Forgets everything: for another range. */
  reset(): void {
    this.stop();
    this.#stopped = new AbortController();
    this.#traces.clear();
    this.#known.clear();
  }

  stop(): void {
    this.#stopped.abort();
    this.#waiting = [];
  }

  /** An attachment that asks for the line of `id` once its element is seen. */
  whenSeen(id: string): (element: Element) => () => void {
    return (element) => {
      const observer = new IntersectionObserver((entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        this.#want(id);
      });
      observer.observe(element);
      return () => observer.disconnect();
    };
  }

  #want(id: string): void {
    if (this.#known.has(id) || this.#known.size >= MOST) return;
    this.#known.add(id);
    this.#waiting.push(id);
    this.#next();
  }

  #next(): void {
    while (this.#running < AT_ONCE) {
      const id = this.#waiting.shift();
      if (id === undefined) return;
      void this.#load(id, this.#stopped.signal);
    }
  }

  async #load(id: string, signal: AbortSignal): Promise<void> {
    this.#running += 1;
    try {
      const trace = await this.#read(id, signal);
      if (!signal.aborted) this.#traces.set(id, trace);
    } catch {
      // Asked for again when the range changes; until then the row does without.
    }
    this.#running -= 1;
    this.#next();
  }
}
