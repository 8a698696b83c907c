import type { PlannedEvent } from './scenario.ts';

/** What became of a batch that was acknowledged. */
export interface Acknowledgement {
  /** Places in the batch of the events that were refused for good, with the reason. */
  readonly rejected: readonly { readonly index: number; readonly reason: string }[];
  /** Start of the first attempt and time of the answer, epoch milliseconds. */
  readonly sentAt: number;
  readonly acknowledgedAt: number;
  /** Attempts before the one that was answered. */
  readonly retries: number;
}

/** Brings batches to the platform. */
export interface Sender {
  /**
   * Sends a batch until it is answered. Sending the same events again is safe: they carry ids. Rejects with
   * `GaveUp` when it was never answered, so that nobody knows what became of it.
   */
  send(batch: readonly PlannedEvent[], signal: AbortSignal): Promise<Acknowledgement>;
  close(): Promise<void>;
}

export class GaveUp extends Error {
  override readonly name = 'GaveUp';
}

/** Waits, but not past an abort. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

/** Exponential backoff with jitter: 100 ms doubling to 5 s. */
export function backoff(retries: number): number {
  return Math.min(5_000, 100 * 2 ** Math.min(retries, 10)) * (0.5 + Math.random() / 2);
}
