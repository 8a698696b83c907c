/** In any case after this long, in milliseconds. */
const AT_LATEST = 2_000;

/** Does something that nobody waits for once the page has time for it. Returns how to call it off. */
export function whenIdle(act: () => void): () => void {
  // Not every browser tells.
  if (!('requestIdleCallback' in globalThis)) {
    const timer = setTimeout(act, AT_LATEST / 8);
    return () => clearTimeout(timer);
  }
  const handle = requestIdleCallback(act, { timeout: AT_LATEST });
  return () => cancelIdleCallback(handle);
}
