import type { StoredEvent } from '@fleetbeat/contracts/api.ts';
import { api, type EventQuery } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';

const PAGE = 50;
/** The most events held by the page; beyond them a narrower search is of more use. */
const MOST = 2_000;

/** Raw events of an agent, newest first, page by page. */
export class EventList {
  events = $state.raw<StoredEvent[]>([]);
  problem = $state.raw<ApiProblem | null>(null);
  loading = $state(false);
  loaded = $state(false);
  #cursor = $state<string | null>(null);
  #filter: EventQuery = {};
  #current: AbortController | null = null;
  readonly #agentId: string;

  constructor(agentId: string) {
    this.#agentId = agentId;
  }

  get more(): boolean {
    return this.#cursor !== null && this.events.length < MOST;
  }

  /** Starts over with a filter. */
  search(filter: EventQuery): Promise<void> {
    this.#filter = filter;
    this.#cursor = null;
    return this.#read([]);
  }

  /** Reads the next page. */
  loadMore(): Promise<void> {
    return this.#read(this.events);
  }

  stop(): void {
    this.#current?.abort();
    this.#current = null;
  }

  async #read(before: StoredEvent[]): Promise<void> {
    this.#current?.abort();
    const current = new AbortController();
    this.#current = current;
    this.loading = true;
    try {
      const page = await api.agentEvents(this.#agentId, { ...this.#filter, limit: PAGE, cursor: this.#cursor }, current.signal);
      if (this.#current !== current) return;
      this.events = [...before, ...page.items];
      this.#cursor = page.next_cursor;
      this.problem = null;
      this.loaded = true;
    } catch (error) {
      if (this.#current !== current) return;
      this.problem = error instanceof ApiProblem ? error : new ApiProblem(0, 'Reading events failed', String(error));
    }
    this.loading = false;
  }
}
