import type { Host } from '@fleetbeat/contracts/api.ts';
import { api } from '../api/client.ts';
import { Resource } from '../api/resource.svelte.ts';
import { clock } from '../live/clock.svelte.ts';
import { connection } from '../live/connection.svelte.ts';
import { scope } from '../scope/scope.svelte.ts';

const REFRESH_EVERY = 15_000;

/** The hosts, or those in scope; their newest sample live. */
export class HostRoster {
  readonly resource = new Resource((signal) => api.hosts({ limit: 500, ...(this.#scoped ? scope.query : {}) }, signal));
  readonly #scoped: boolean;
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

  constructor({ scoped = false } = {}) {
    this.#scoped = scoped;
  }

  start(): () => void {
    const stops = [
      this.resource.poll(REFRESH_EVERY),
      connection.subscribe('metrics'),
      connection.onResync(() => this.resource.load()),
      connection.on('performance_update', ({ host_id, ts, ...sample }) => {
        this.#changes.set(host_id, { ...sample, last_seen: ts, status: 'online' });
        const known = this.resource.data?.items.some((host) => host.host_id === host_id) ?? true;
        // Whether one that is new is in scope, the next reading tells.
        if (!known && !this.resource.loading && !(this.#scoped && scope.id !== '')) void this.resource.load();
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
