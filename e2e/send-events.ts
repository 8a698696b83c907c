import type { RunningSystem } from './start-system.ts';

/** Sends events to the gateway of an installation; throws unless it has taken all of them. */
export async function sendEvents(
  { ingest, key }: Pick<RunningSystem, 'ingest' | 'key'>,
  events: readonly object[],
): Promise<void> {
  const response = await fetch(`${ingest}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(events),
  });
  // 207: some were refused.
  if (response.status !== 200) throw new Error(`the gateway answered ${response.status}: ${await response.text()}`);
}
