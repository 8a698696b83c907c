import { untrack } from 'svelte';
import { ApiProblem } from './problem.ts';

/**
 * Something read over REST, with everything a page must say about it: loading, there, stale, or failed.
 * What was read before stays on the page while newer data is asked for, and when that fails.
 */
export class Resource<T> {
  data = $state.raw<T | null>(null);
  problem = $state.raw<ApiProblem | null>(null);
  loading = $state(false);
  /** When the data on the page was asked for, in epoch milliseconds. */
  loadedAt = $state<number | null>(null);

  readonly #read: (signal: AbortSignal) => Promise<T>;
  #current: AbortController | null = null;

  constructor(read: (signal: AbortSignal) => Promise<T>) {
    this.#read = read;
  }

  /** Whether a first answer has come, even if it was a problem. */
  get answered(): boolean {
    return this.data !== null || this.problem !== null;
  }

  /** Reads again; a read that is under way is given up. Never rejects. */
  load(): Promise<void> {
    // An effect that asks for reading must not run again because of what reading changes.
    return untrack(() => this.#load());
  }

  async #load(): Promise<void> {
    this.#current?.abort();
    const current = new AbortController();
    this.#current = current;
    this.loading = true;
    const asked = Date.now();
    try {
      const data = await this.#read(current.signal);
      if (this.#current !== current) return;
      this.data = data;
      this.problem = null;
      this.loadedAt = asked;
    } catch (error) {
      if (this.#current !== current) return;
      this.problem = error instanceof ApiProblem ? error : new ApiProblem(0, 'This page failed', String(error));
    }
    this.loading = false;
  }

  /** Forgets the data too: for another subject, not for a newer state of the same one. */
  reset(): void {
    this.#current?.abort();
    this.#current = null;
    this.data = null;
    this.problem = null;
    this.loadedAt = null;
    this.loading = false;
  }

  /** Reads now and then every `everyMs` while the tab is visible; returns how to stop. */
  poll(everyMs: number): () => void {
    void this.load();
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && !this.loading) void this.load();
    }, everyMs);
    const whenShown = () => {
      if (document.visibilityState === 'visible' && Date.now() - (this.loadedAt ?? 0) > everyMs) void this.load();
    };
    document.addEventListener('visibilitychange', whenShown);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', whenShown);
      this.#current?.abort();
      this.#current = null;
      this.loading = false;
    };
  }
}
