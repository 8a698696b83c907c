import { untrack } from 'svelte';
import { connection } from '../live/connection.svelte.ts';
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
  /** What was heard while a reading was under way: its answer may not know it yet. */
  #news: (() => void)[] = [];

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
    this.#news = [];
    this.loading = true;
    const asked = Date.now();
    try {
      const data = await this.#read(current.signal);
      if (this.#current !== current) return;
      this.problem = null;
      this.loadedAt = asked;
      this.loading = false;
      this.data = data;
      for (const tell of this.#news) tell();
      return;
    } catch (error) {
      if (this.#current !== current) return;
      this.problem = error instanceof ApiProblem ? error : new ApiProblem(0, 'This page failed', String(error));
    }
    this.loading = false;
  }

  /**
   * Puts news into the data, and into the answer of a reading that is under way once it is there: a live message overtakes it.
   * `withNews` answers the data as it is where that knows them already.
   */
  hear(withNews: (data: T | null) => T | null): void {
    const tell = (): void => void (this.data = withNews(this.data));
    if (this.loading) this.#news.push(tell);
    tell();
  }

  /** Forgets the data too: for another subject, not for a newer state of the same one. */
  reset(): void {
    this.#current?.abort();
    this.#current = null;
    this.#news = [];
    this.data = null;
    this.problem = null;
    this.loadedAt = null;
    this.loading = false;
  }

  /** Reads now, then every `everyMs` while the tab is visible, and when live messages were missed; returns how to stop. */
  poll(everyMs: number): () => void {
    void this.load();
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && !this.loading) void this.load();
    }, everyMs);
    const whenShown = () => {
      if (document.visibilityState === 'visible' && Date.now() - (this.loadedAt ?? 0) > everyMs) void this.load();
    };
    document.addEventListener('visibilitychange', whenShown);
    const stopResync = connection.onResync(() => this.load());
    return () => {
      stopResync();
      clearInterval(timer);
      document.removeEventListener('visibilitychange', whenShown);
      this.#current?.abort();
      this.#current = null;
      this.loading = false;
    };
  }
}
