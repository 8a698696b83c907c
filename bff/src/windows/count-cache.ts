import { Counter, Gauge, type Registry } from 'prom-client';
import type { WindowCache } from '@fleetbeat/infra/time-series/window-cache.ts';

/** Counts what is found in the cache of windows, and what it holds. */
export function countCache(registry: Registry, { stats }: Pick<WindowCache, 'stats'>): void {
  new Counter({
    name: 'fleetbeat_window_cache_hours_total',
    help: 'Hours of windows that were asked for, by whether they were kept.',
    labelNames: ['found'] as const,
    registers: [registry],
    collect() {
      this.reset();
      this.inc({ found: 'yes' }, stats.hits);
      this.inc({ found: 'no' }, stats.misses);
    },
  });
  new Gauge({
    name: 'fleetbeat_window_cache_bytes',
    help: 'Bytes of windows that are kept.',
    registers: [registry],
    collect() {
      this.set(stats.bytes);
    },
  });
}
