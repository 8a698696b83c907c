/**
 * Loaded before a service that runs with --expose-gc (`node --import`): tells its parent, asked with the message `memory`,
 * the bytes that it holds once all garbage is gone.
 */
export interface MemoryAtRest {
  /** In use in the heap and in buffers outside of it. */
  readonly used: number;
  readonly resident: number;
}

process.on('message', (message) => {
  if (message !== 'memory') return;
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  process.send?.({ used: heapUsed + external, resident: rss } satisfies MemoryAtRest);
});
// Listening alone does not keep the service running.
process.channel?.unref();
