import type { Target } from '@fleetbeat/contracts/on-call.ts';
import { Resource } from '../api/resource.svelte.ts';
import { session } from '../api/session.svelte.ts';
import { people } from '../people/people.svelte.ts';
import { onCallApi } from './on-call-api.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}
const REFRESH_EVERY = 60_000;

/** What escalations and routes name by id, by name: people, schedules, and, for whoever may see them, channels. */
export class OnCallNames {
  readonly #schedules = new Resource((signal) => onCallApi.schedules(signal));
  readonly #channels = new Resource((signal) => onCallApi.channels(signal));
  readonly #escalations = new Resource((signal) => onCallApi.escalations(signal));

  readonly schedules = $derived(
    (this.#schedules.data?.items ?? []).map(({ id, definition: { name }, on_call: now }) => ({ id, name, now: now.user_id })),
  );
  readonly channels = $derived<readonly Named[]>(this.#channels.data?.items ?? []);
  readonly escalations = $derived<readonly Named[]>(
    (this.#escalations.data?.items ?? []).map(({ id, definition: { name } }) => ({ id, name })),
  );

  /** Whether the schedules that are not here are none, rather than not read yet. */
  get schedulesKnown(): boolean {
    return this.#schedules.answered;
  }

  start(): () => void {
    const stops = [people.start(), this.#schedules.poll(REFRESH_EVERY), this.#escalations.poll(REFRESH_EVERY)];
    if (session.canOperate) stops.push(this.#channels.poll(REFRESH_EVERY));
    return () => stops.forEach((stop) => stop());
  }

  /** For people: "Primary, now Ann". */
  targetText({ type: kind, id }: Target): string {
    switch (kind) {
      case 'user':
        return people.nameOf(id);
      case 'channel':
        return this.channelText(id);
      case 'schedule': {
        const found = this.schedules.find((one) => one.id === id);
        if (found === undefined) return id;
        return `whoever is on call in ${found.name}: now ${found.now === null ? 'nobody' : people.nameOf(found.now)}`;
      }
      default:
        return kind satisfies never;
    }
  }

  channelText(id: string): string {
    return this.channels.find((one) => one.id === id)?.name ?? 'a channel';
  }

  escalationText(id: string): string {
    return this.escalations.find((one) => one.id === id)?.name ?? id;
  }
}
