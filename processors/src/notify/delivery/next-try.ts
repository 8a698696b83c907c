import type { DeliveryState } from '@fleetbeat/contracts/delivery.ts';
import type { Outcome } from './outcome.ts';

/** What happens to a delivery after an attempt. Pure. */
export interface NextTry {
  readonly state: Exclude<DeliveryState, 'queued'>;
  /** Epoch ms; null: none. */
  readonly at: number | null;
  readonly error: string | null;
}

/** Attempts of a delivery, or since its last replay: with the waits between them some two hours. */
export const MAX_ATTEMPTS = 16;
/** Older than this nothing is told any more, in milliseconds. */
export const MAX_AGE_MS = 24 * 3_600_000;

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 900_000;
/** What a receiver asks for is believed up to an hour. */
const LONGEST_ASKED_MS = 3_600_000;

/**
 * Exponential backoff with full jitter (any time up to the doubled wait), and never sooner than the receiver asks for.
 * `attempts`: those made by now, 1 after the first. `random`: 0 to 1. `once`: a failure is final.
 */
export function nextTry(outcome: Outcome, attempts: number, once: boolean, now: number, random: number): NextTry {
  switch (outcome.kind) {
    case 'delivered':
      return { state: 'delivered', at: null, error: outcome.reason ?? null };
    case 'permanent':
      return { state: 'dead', at: null, error: outcome.reason };
    case 'retryable': {
      if (once) return { state: 'dead', at: null, error: outcome.reason };
      if (attempts >= MAX_ATTEMPTS)
        return { state: 'dead', at: null, error: `given up after ${attempts} tries: ${outcome.reason}` };
      const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempts - 1)) * random;
      const asked = Math.min(outcome.retryAfterMs ?? 0, LONGEST_ASKED_MS);
      return { state: 'retrying', at: now + Math.max(Math.round(wait), asked), error: outcome.reason };
    }
    default:
      return outcome satisfies never;
  }
}
