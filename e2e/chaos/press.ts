import { agentMessage } from '@fleetbeat/contracts/testing.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningSystem } from '../start-system.ts';
import { waitUntil } from './wait-until.ts';

const EVENTS = 2_000;
/** Makes a request a megabyte. */
const CONTENT = 'x'.repeat(350);
const CONNECTIONS = 32;
/** Pause of a connection that was told to wait, whatever Retry-After says. */
const IMPATIENCE_MS = 250;
/** Pause of one whose events were taken, so that no mountain of duplicates has to be read afterwards. */
const CONTENT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;

/** A sender that goes on at once when it is told to wait, as bad clients do. It only ever sends the same events. */
export interface Press {
  /** Distinct events: all else that it sends are duplicates. */
  readonly events: number;
  /** Sends them once; resolves when they are acknowledged. */
  sendOnce(timeoutMs: number): Promise<void>;
  /** Presses the gateway until `work` has ended; answers what that answers. */
  during<T>(work: Promise<T>): Promise<T>;
}

export function createPress(system: RunningSystem): Press {
  const body = JSON.stringify(
    Array.from({ length: EVENTS }, (_, index) =>
      agentMessage({ agent_id: `press-${index % 16}`, id: `press-${index}`, message_type: 'user_message', content: CONTENT }),
    ),
  );
  const post = async (signal: AbortSignal): Promise<number> => {
    const answer = await fetch(`${system.ingest}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${system.key}` },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
    await answer.body?.cancel();
    return answer.status;
  };
  return {
    events: EVENTS,
    async sendOnce(timeoutMs) {
      const never = new AbortController().signal;
      await waitUntil('the gateway takes a megabyte', async () => ((await post(never)) === 200 ? true : undefined), timeoutMs);
    },
    async during(work) {
      const end = new AbortController();
      const connection = async (): Promise<void> => {
        while (!end.signal.aborted) {
          const status = await post(end.signal).catch(() => 0);
          await sleep(status === 200 ? CONTENT_MS : IMPATIENCE_MS, undefined, { signal: end.signal }).catch(() => undefined);
        }
      };
      const connections = Array.from({ length: CONNECTIONS }, connection);
      return await work.finally(async () => {
        end.abort();
        await Promise.all(connections);
      });
    },
  };
}
