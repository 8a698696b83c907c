import type { StoredSilence } from '@fleetbeat/contracts/routing.ts';
import { ApiProblem } from '../api/problem.ts';
import { Resource } from '../api/resource.svelte.ts';
import { clock } from '../live/clock.svelte.ts';
import { connection } from '../live/connection.svelte.ts';
import { incidentsApi } from './incidents-api.ts';
import { silencesInOrder } from './silence-words.ts';

const REFRESH_EVERY = 15_000;

/** Silences and maintenance windows; one that is ended goes at once, and comes back where the server refuses. */
export class SilenceList {
  readonly resource = new Resource((signal) => incidentsApi.silences(null, signal));
  /** Why one was not ended. */
  refusal = $state<string | null>(null);
  #ended = $state.raw<ReadonlyMap<string, number>>(new Map());

  readonly silences = $derived.by((): StoredSilence[] => {
    const items = this.resource.data?.items ?? [];
    return silencesInOrder(items.map((one) => (this.#ended.get(one.id) === one.version ? ended(one) : one)));
  });

  start(): () => void {
    const stops = [
      this.resource.poll(REFRESH_EVERY),
      connection.subscribe('notifications'),
      connection.on('incident', () => {
        if (!clock.paused) void this.resource.load();
      }),
    ];
    return () => stops.forEach((stop) => stop());
  }

  /** Never rejects. */
  async end(silence: StoredSilence): Promise<void> {
    this.refusal = null;
    this.#ended = new Map([...this.#ended, [silence.id, silence.version]]);
    try {
      await incidentsApi.endSilence(silence.id, silence.version);
    } catch (error) {
      this.#ended = new Map([...this.#ended].filter(([id]) => id !== silence.id));
      const problem = error instanceof ApiProblem ? error : new ApiProblem(0, 'This page failed', String(error));
      const why = problem.status === 412 ? 'somebody else has changed it meanwhile. Look at it and try again.' : problem.message;
      this.refusal = `“${silence.definition.comment}” was not ended: ${why}`;
    }
    await this.resource.load();
  }
}

function ended(silence: StoredSilence): StoredSilence {
  return { ...silence, state: 'expired', definition: { ...silence.definition, ends_at: clock.serverNow() } };
}
