import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 200;

/** A condition did not come about in time. */
export class NotInTime extends Error {
  override readonly name = 'NotInTime';
}

/**
 * Resolves with the first answer of `probe` that is not undefined. A rejection counts as "not yet", as servers may be away;
 * the last one is told when `timeoutMs` is over. Throws `NotInTime` then.
 */
export async function waitUntil<T>(what: string, probe: () => Promise<T | undefined>, timeoutMs: number): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let reason = '';
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== undefined) return answer;
      reason = 'not yet';
    } catch (error) {
      reason = error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);
    }
    if (performance.now() > deadline) throw new NotInTime(`${what}: not within ${timeoutMs / 1_000} s (${reason})`);
    await sleep(POLL_MS);
  }
}
