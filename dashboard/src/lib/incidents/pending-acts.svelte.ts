import type { Incident, IncidentDetail } from '@fleetbeat/contracts/incidents.ts';
import { SvelteMap } from 'svelte/reactivity';
import { ApiProblem } from '../api/problem.ts';
import { session } from '../api/session.svelte.ts';
import { clock } from '../live/clock.svelte.ts';
import { doneText, foreseen, refusalOf, standsAlike, type IncidentAct } from './incident-acts.ts';
import { incidentsApi } from './incidents-api.ts';

/** What people do about incidents, shown at once and taken back with the reason where the server refuses. */
export class PendingActs {
  /** Why the last act was taken back. */
  refusal = $state<string | null>(null);
  /** What was done last, for whoever does not see it. */
  done = $state('');
  readonly #pending = new SvelteMap<number, Partial<Incident>>();
  readonly #keep: (incident: IncidentDetail) => void;

  /** `keep` takes an incident as the server has just told it. */
  constructor(keep: (incident: IncidentDetail) => void) {
    this.#keep = keep;
  }

  /** The incident as it will be where the server agrees to what is under way. */
  shown<T extends Incident>(incident: T): T {
    const pending = this.#pending.get(incident.id);
    return pending === undefined ? incident : { ...incident, ...pending };
  }

  isBusy(incidentId: number): boolean {
    return this.#pending.has(incidentId);
  }

  /** Answers whether it was done. Never rejects. */
  async act(incident: Incident, act: IncidentAct): Promise<boolean> {
    const { id } = incident;
    if (this.#pending.has(id)) return false;
    this.refusal = null;
    this.done = '';
    this.#pending.set(id, foreseen(incident, act, session.name ?? 'you', clock.serverNow()));
    try {
      this.#keep(await this.#send(incident, act));
      this.done = doneText(act.kind);
      return true;
    } catch (error) {
      const problem = error instanceof ApiProblem ? error : new ApiProblem(0, 'This page failed', String(error));
      this.refusal = refusalOf(act.kind, problem);
      return false;
    } finally {
      this.#pending.delete(id);
    }
  }

  /** Alerts come and go all the time: where nothing else has changed, it is meant for the incident as it is now. */
  async #send(seen: Incident, act: IncidentAct): Promise<IncidentDetail> {
    try {
      return await incidentsApi.act(seen.id, act, seen.revision);
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status !== 412) throw error;
      const now = await incidentsApi.one(seen.id);
      this.#keep(now);
      if (!standsAlike(act.kind, seen, now)) throw error;
      return incidentsApi.act(seen.id, act, now.revision);
    }
  }
}
