import type { Suggestion, SuggestionStatus } from '@fleetbeat/contracts/suggestions.ts';
import { ApiProblem } from '../api/problem.ts';
import { Resource } from '../api/resource.svelte.ts';
import { connection } from '../live/connection.svelte.ts';
import { isMeant, withNews, type InboxFilter } from './inbox-rows.ts';
import { refusalOf } from './suggestion-words.ts';
import { suggestionsApi } from './suggestions-api.ts';

const PAGE = 100;
const REFRESH_EVERY = 30_000;
/** Decisions of one click that are under way at a time. */
const AT_ONCE = 4;

export type Decision = 'approve' | 'reject';
const BECOMES = { approve: 'approved', reject: 'rejected' } as const satisfies Record<Decision, SuggestionStatus>;

/** The suggestions that are meant, live, and decided at once: what the server refuses is taken back with its reason. */
export class Inbox {
  readonly resource: Resource<{ items: readonly Suggestion[]; next: string | null }>;
  /** Why decisions were taken back. */
  refusals = $state.raw<readonly string[]>([]);
  readonly #filter: () => InboxFilter;
  #news = $state.raw<ReadonlyMap<string, Suggestion>>(new Map());
  #deciding = $state.raw<ReadonlyMap<string, SuggestionStatus>>(new Map());
  #older = $state.raw<{ items: readonly Suggestion[]; next: string | null } | null>(null);

  constructor(filter: () => InboxFilter) {
    this.#filter = filter;
    this.resource = new Resource((signal) => this.#read(null, signal));
  }

  readonly #known = $derived.by(() => {
    const read = [...(this.#older?.items ?? []), ...(this.resource.data?.items ?? [])];
    return withNews(read, this.#news.values()).map((one) => ({ ...one, status: this.#deciding.get(one.id) ?? one.status }));
  });
  readonly items = $derived.by(() => this.#known.filter((one) => isMeant(one, this.#filter())));
  readonly more = $derived.by(() => (this.#older ?? this.resource.data)?.next ?? null);

  start(): () => void {
    const hear = (one: Suggestion) => this.#put(one);
    const stops = [
      this.resource.poll(REFRESH_EVERY),
      connection.subscribe('suggestions'),
      connection.on('suggestion_created', hear),
      connection.on('suggestion_approved', hear),
      connection.on('suggestion_rejected', hear),
      connection.on('suggestion_expired', hear),
    ];
    return () => stops.forEach((stop) => stop());
  }

  /** Also what is not meant by the filter. */
  known(id: string): Suggestion | null {
    return this.#known.find((one) => one.id === id) ?? null;
  }

  /** Whether anybody has ever suggested anything; so it seems as long as the server does not answer. */
  async hasAny(): Promise<boolean> {
    const { items } = await suggestionsApi.list({ limit: 1 }).catch(() => ({ items: [null] }));
    return items.length > 0;
  }

  /** For another filter; `other`: what is listed has nothing to do with it. */
  reload(other: boolean): void {
    this.#older = null;
    if (other) this.resource.reset();
    void this.resource.load();
  }

  async loadMore(): Promise<void> {
    const page = await this.#read(this.more).catch(() => null);
    if (page !== null) this.#older = { items: [...(this.#older?.items ?? []), ...page.items], next: page.next };
  }

  /** Decides before the server has agreed to it. Never rejects. */
  async decide(chosen: readonly Suggestion[], how: Decision, reason: string): Promise<void> {
    const left = chosen.filter(({ id, status }) => status === 'pending' && !this.#deciding.has(id));
    this.refusals = [];
    this.#deciding = new Map([...this.#deciding, ...left.map(({ id }) => [id, BECOMES[how]] as const)]);
    const refusals: string[] = [];
    const work = async (): Promise<void> => {
      for (let one = left.shift(); one !== undefined; one = left.shift()) {
        const refusal = await this.#decideOne(one, how, reason);
        if (refusal !== null) refusals.push(refusal);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    this.refusals = refusals;
  }

  /** Why not; null where it is done. */
  async #decideOne(one: Suggestion, how: Decision, reason: string): Promise<string | null> {
    let refusal: string | null = null;
    try {
      this.#put(await suggestionsApi.decide(one.id, how, reason, one.revision));
    } catch (error) {
      const problem = error instanceof ApiProblem ? error : new ApiProblem(0, 'This page failed', String(error));
      refusal = refusalOf(one, problem);
      // Somebody else may have decided it.
      if (problem.status >= 400 && problem.status < 500) this.#put(await suggestionsApi.one(one.id).catch(() => one));
    }
    this.#deciding = new Map([...this.#deciding].filter(([id]) => id !== one.id));
    return refusal;
  }

  #put(one: Suggestion): void {
    this.#news = new Map(withNews([...this.#news.values()], [one]).map((each) => [each.id, each]));
  }

  async #read(cursor: string | null, signal?: AbortSignal) {
    const { status, agent, text } = this.#filter();
    const query = { agent_id: agent || undefined, q: text.trim() || undefined, limit: PAGE, cursor };
    const page = await suggestionsApi.list({ ...query, status: status === null ? [] : [status] }, signal);
    return { items: page.items, next: page.next_cursor };
  }
}
