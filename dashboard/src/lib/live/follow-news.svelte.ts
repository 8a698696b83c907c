import type { Channel, ServerEvent } from '@fleetbeat/contracts/live.ts';
import type { Resource } from '../api/resource.svelte.ts';
import { clock } from './clock.svelte.ts';
import { connection } from './connection.svelte.ts';

const REFRESH_EVERY = 30_000;
/** News come in bursts: it is read again this long after the first of them, in milliseconds, and no more often. */
const GATHER_MS = 3_000;

/**
 * Reads something now, after live messages that may have changed it, and now and then; returns how to stop. `gatherMs` is how long
 * the first of several messages waits for the others.
 */
export function followNews(
  resource: Pick<Resource<unknown>, 'poll' | 'load' | 'loading'>,
  channel: Channel,
  types: readonly ServerEvent[],
  { gatherMs = GATHER_MS } = {},
): () => void {
  let soon: ReturnType<typeof setTimeout> | undefined;
  let missed = false;

  function hear(): void {
    soon ??= setTimeout(() => {
      soon = undefined;
      missed = clock.paused || document.visibilityState !== 'visible';
      if (missed) return;
      // A reading that takes long would else be given up again and again.
      if (resource.loading) hear();
      else void resource.load();
    }, gatherMs);
  }
  function whenShown(): void {
    if (missed && document.visibilityState === 'visible') hear();
  }

  document.addEventListener('visibilitychange', whenShown);
  const stops = [
    resource.poll(REFRESH_EVERY),
    connection.subscribe(channel),
    ...types.map((type) => connection.on(type, hear)),
    () => document.removeEventListener('visibilitychange', whenShown),
  ];
  return () => {
    for (const stop of stops) stop();
    clearTimeout(soon);
  };
}
