import type { Host, List } from '@fleetbeat/contracts/api.ts';
import { api } from '../api/client.ts';
import { Resource } from '../api/resource.svelte.ts';
import { clock } from '../live/clock.svelte.ts';
import { connection } from '../live/connection.svelte.ts';
import { scope } from '../scope/scope.svelte.ts';

const REFRESH_EVERY = 15_000;
/** What being in the archive means for a host. */
export const ARCHIVED = 'It is not listed and never alerts, until it sends a sample again';

/** The hosts, those in scope, or one alone, in the archive or not; their newest sample live. */
export class HostRoster {
  readonly resource = new Resource((signal) => this.#read(signal));
  readonly #scoped: boolean;
  readonly #only: string | null;
  /** Those in the archive, instead of the others. */
  archived = false;
  #changes = new Map<string, Partial<Host>>();
  #version = $state(0);
  #frame = 0;

  readonly hosts = $derived.by((): Host[] => {
    void this.#version;
    return (this.resource.data?.items ?? []).map((host) => {
      const change = this.#changes.get(host.host_id);
      return change && (change.last_seen ?? 0) >= host.last_seen ? { ...host, ...change } : host;
    });
  });
  readonly counts = $derived({
    online: this.hosts.filter((host) => host.status === 'online').length,
    offline: this.hosts.filter((host) => host.status === 'offline').length,
  });

  constructor({ scoped = false, only = null }: { scoped?: boolean; only?: string | null } = {}) {
    this.#scoped = scoped;
    this.#only = only;
  }

  async #read(signal: AbortSignal): Promise<List<Host>> {
    if (this.#only !== null) return { items: [await api.host(this.#only, signal)], next_cursor: null };
    const archived = this.archived ? 'true' : undefined;
    return api.hosts({ limit: 500, archived, ...(this.#scoped ? scope.query : {}) }, signal);
  }

  /** Shows what an answer says of a host, until the next reading. */
  adopt(host: Host): void {
    const { data } = this.resource;
    if (data === null) return;
    this.resource.data = { ...data, items: data.items.map((one) => (one.host_id === host.host_id ? host : one)) };
  }

  start(): () => void {
    const stops = [
      this.resource.poll(REFRESH_EVERY),
      connection.subscribe('metrics'),
      connection.on('performance_update', ({ host_id, ts, ...sample }) => {
        if (this.#only !== null && host_id !== this.#only) return;
        this.#changes.set(host_id, { ...sample, last_seen: ts, status: 'online' });
        this.resource.hear((data) => {
          const known = data?.items.some((host) => host.host_id === host_id) ?? true;
          // Whether one that is new is in scope, the next reading tells.
          if (!known && !this.resource.loading && !this.archived && !(this.#scoped && scope.id !== '')) void this.resource.load();
          return data;
        });
        this.#show();
      }),
    ];
    return () => {
      for (const stop of stops) stop();
      cancelAnimationFrame(this.#frame);
      this.#frame = 0;
    };
  }

  #show(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      if (!clock.paused) this.#version += 1;
    });
  }
}
