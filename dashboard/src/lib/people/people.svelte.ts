import { ask } from '../api/ask.ts';
import { Resource } from '../api/resource.svelte.ts';
import { session } from '../api/session.svelte.ts';

/** People that are known by name, at most. */
const MOST = 500;
const REFRESH_EVERY = 300_000;

/** Who is who: ids and addresses as names, and which of them one is oneself. */
class People {
  readonly resource = new Resource((signal) => ask('get /people', { query: { limit: MOST }, signal }));
  readonly #byId = $derived(new Map(this.resource.data?.items.map((one) => [one.id, one])));
  readonly #byEmail = $derived(new Map(this.resource.data?.items.map((one) => [one.email, one])));

  /** Those who can be given something, by name. */
  readonly able = $derived(
    (this.resource.data?.items ?? []).filter(({ disabled }) => !disabled).sort((a, b) => a.name.localeCompare(b.name)),
  );
  /** Oneself; null for whoever has no account, by a sign-in link or a key. */
  readonly me = $derived(this.#byId.get(session.id ?? '') ?? null);

  /** Whether those who are not here are nobody, rather than not read yet. */
  get known(): boolean {
    return this.resource.answered;
  }

  start(): () => void {
    return this.resource.poll(REFRESH_EVERY);
  }

  /** By an id or an address, the name; what is neither stays as it is. */
  nameOf(who: string): string {
    return (this.#byId.get(who) ?? this.#byEmail.get(who))?.name ?? who;
  }
}

export const people = new People();
