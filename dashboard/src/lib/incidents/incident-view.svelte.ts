import type { Incident, IncidentDetail, TimelineEntry } from '@fleetbeat/contracts/incidents.ts';
import { Resource } from '../api/resource.svelte.ts';
import { clock } from '../live/clock.svelte.ts';
import { connection } from '../live/connection.svelte.ts';
import type { IncidentAct } from './incident-acts.ts';
import { incidentsApi } from './incidents-api.ts';
import { PendingActs } from './pending-acts.svelte.ts';

const REFRESH_EVERY = 20_000;
/** Pages of the timeline that are read at most, of 500 entries each. */
const MOST_PAGES = 4;
const GATHER_MS = 250;

/** One incident with everything that has happened to it, live. */
export class IncidentView {
  readonly resource: Resource<IncidentDetail>;
  readonly timeline: Resource<readonly TimelineEntry[]>;
  readonly acts = new PendingActs((incident) => this.#keep(incident));
  readonly #id: number;
  #soon: ReturnType<typeof setTimeout> | undefined;

  readonly incident = $derived.by(() => {
    const { data } = this.resource;
    return data === null ? null : this.acts.shown(data);
  });

  constructor(incidentId: number) {
    this.#id = incidentId;
    this.resource = new Resource((signal) => incidentsApi.one(incidentId, signal));
    this.timeline = new Resource((signal) => readTimeline(incidentId, signal));
  }

  start(): () => void {
    const stops = [
      this.resource.poll(REFRESH_EVERY),
      this.timeline.poll(REFRESH_EVERY),
      connection.subscribe('notifications'),
      connection.on('incident', (incident) => this.#hear(incident)),
      connection.on('comment_added', ({ entity_type: type, entity_id: about }) => {
        if (type === 'incident' && about === String(this.#id)) void this.timeline.load();
      }),
    ];
    return () => {
      for (const stop of stops) stop();
      clearTimeout(this.#soon);
      this.#soon = undefined;
    };
  }

  /** Answers whether it was done. Never rejects. */
  async act(act: IncidentAct): Promise<boolean> {
    const { data } = this.resource;
    if (data === null) return false;
    const done = await this.acts.act(data, act);
    void this.timeline.load();
    return done;
  }

  #keep(incident: IncidentDetail): void {
    if (incident.revision >= (this.resource.data?.revision ?? 0)) this.resource.data = incident;
  }

  #hear(incident: Incident): void {
    const { data } = this.resource;
    if (incident.id !== this.#id || clock.paused || (data !== null && incident.revision < data.revision)) return;
    // Whom the next step calls is as it was read: people decide by that, and not by what the message tells.
    if (data !== null) this.resource.data = { ...data, ...incident, revision: data.revision };
    // Its alerts, and what was decided, are read: the message does not tell them.
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      void this.#reload();
    }, GATHER_MS);
  }

  async #reload(): Promise<void> {
    await Promise.all([this.resource.load(), this.timeline.load()]);
  }
}

async function readTimeline(incidentId: number, signal: AbortSignal): Promise<TimelineEntry[]> {
  const entries: TimelineEntry[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { items, next_cursor: next } = await incidentsApi.timeline(incidentId, cursor, signal);
    entries.push(...items);
    if (next === null) break;
    cursor = next;
  }
  return entries;
}
