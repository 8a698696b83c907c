import type { Incident } from '@fleetbeat/contracts/incidents.ts';
import { ApiProblem } from '../api/problem.ts';
import { Resource } from '../api/resource.svelte.ts';
import { clock } from '../live/clock.svelte.ts';
import { connection } from '../live/connection.svelte.ts';
import { followNews } from '../live/follow-news.svelte.ts';
import { scope } from '../scope/scope.svelte.ts';
import { inOrder, withNews } from './incident-order.ts';
import { incidentsApi, type IncidentQuery } from './incidents-api.ts';
import { PendingActs } from './pending-acts.svelte.ts';

/** Ongoing incidents that are read at most, and resolved ones a page. */
const MOST = 200;
const PAGE = 50;
/** Somebody may wait for it: the list is read again this soon after the first news of a burst, in milliseconds. */
const GATHER_MS = 400;

export type IncidentFilter = Pick<IncidentQuery, 'severity' | 'assigned_to' | 'agent_id' | 'host_id' | 'q'>;

/** Incidents that are meant: all that go on, live, and those that are over page by page. */
export class IncidentList {
  readonly resource = new Resource((signal) => this.#read(signal));
  readonly acts = new PendingActs((incident) => {
    this.#hear(incident);
    void this.resource.load();
  });
  #older = $state.raw<{ items: readonly Incident[]; next: string | null } | null>(null);
  #news = $state.raw<ReadonlyMap<number, Incident>>(new Map());
  readonly #filter: () => IncidentFilter;
  readonly #withResolved: boolean;

  /** Those that go on, the worst and newest first, before those that are over. */
  readonly incidents = $derived.by((): Incident[] => {
    const read = [...(this.resource.data?.items ?? []), ...(this.#older?.items ?? [])];
    return inOrder(withNews(read, this.#news).map((one) => this.acts.shown(one)));
  });
  readonly more = $derived(this.#older === null ? (this.resource.data?.next ?? null) : this.#older.next);

  constructor(filter: () => IncidentFilter = () => ({}), { withResolved = true } = {}) {
    this.#filter = filter;
    this.#withResolved = withResolved;
  }

  start(): () => void {
    const stops = [
      connection.on('incident', (incident) => this.#hear(incident)),
      // Whether one that is new is meant is for the server to say.
      followNews(this.resource, 'notifications', ['incident'], { gatherMs: GATHER_MS }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** To be called when the filter has changed. */
  reload(): void {
    this.#older = null;
    void this.resource.load();
  }

  async loadMore(): Promise<void> {
    try {
      const page = await incidentsApi.list({
        ...this.#filter(),
        ...scope.query,
        status: ['resolved'],
        limit: PAGE,
        cursor: this.more,
      });
      this.#older = { items: [...(this.#older?.items ?? []), ...page.items], next: page.next_cursor };
    } catch (error) {
      this.acts.refusal = error instanceof ApiProblem ? `${error.title}: ${error.message}` : String(error);
    }
  }

  #hear(incident: Incident): void {
    if (clock.paused) return;
    const known = this.incidents.some(({ id }) => id === incident.id);
    if (known || scope.id === '') this.#news = new Map([...this.#news, [incident.id, incident]]);
  }

  async #read(signal: AbortSignal) {
    const filter = { ...this.#filter(), ...scope.query };
    const [ongoing, resolved] = await Promise.all([
      incidentsApi.list({ ...filter, status: ['open', 'acknowledged'], limit: MOST }, signal),
      this.#withResolved ? incidentsApi.list({ ...filter, status: ['resolved'], limit: PAGE }, signal) : null,
    ]);
    const items = [...ongoing.items, ...(resolved?.items ?? [])];
    // What the answer knows already is no news; of what it leaves out nothing is shown.
    const known = new Map(items.map((one) => [one.id, one.revision]));
    this.#news = new Map([...this.#news].filter(([id, one]) => one.revision > (known.get(id) ?? Infinity)));
    return {
      items,
      next: resolved?.next_cursor ?? null,
      ongoing: ongoing.items.length,
      ongoingMore: ongoing.next_cursor !== null,
    };
  }
}
