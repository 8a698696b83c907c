import type { List } from '@fleetbeat/contracts/api.ts';
import { Attempt } from '../api/attempt.svelte.ts';
import { Resource } from '../api/resource.svelte.ts';

type Read<T> = (cursor: string | null, signal?: AbortSignal) => Promise<List<T>>;

/** A list that is read page by page: the first is kept up to date, the others are read when asked for. */
export class PagedList<T extends { readonly id: string | number }> {
  readonly first: Resource<List<T>>;
  readonly more = new Attempt();
  readonly #read: Read<T>;
  #rest = $state.raw<{ items: readonly T[]; next: string | null } | null>(null);

  readonly items = $derived.by((): readonly T[] => {
    const fresh = this.first.data?.items ?? [];
    const known = new Set(fresh.map(({ id }) => id));
    return [...fresh, ...(this.#rest?.items ?? []).filter(({ id }) => !known.has(id))];
  });
  readonly next = $derived.by(() => (this.#rest === null ? (this.first.data?.next_cursor ?? null) : this.#rest.next));

  constructor(read: Read<T>) {
    this.#read = read;
    this.first = new Resource((signal) => read(null, signal));
  }

  async loadMore(): Promise<void> {
    await this.more.run(async () => {
      const page = await this.#read(this.next);
      this.#rest = { items: [...(this.#rest?.items ?? []), ...page.items], next: page.next_cursor };
    });
  }

  /** Begins anew: for another question, and where something far down has changed. */
  restart(): Promise<void> {
    this.#rest = null;
    return this.first.load();
  }
}
