/** What to do with a batch after an attempt to send it. */
export type Outcome =
  | { readonly kind: 'delivered' }
  /** The same bytes would be refused again. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs: number };

/** How an attempt ended: the gateway's status and Retry-After, or the error of a connection. */
export type Attempt = { readonly status: number; readonly retryAfter: string | null } | { readonly error: string };

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Decides after the attempt number `failures` + 1. Pauses double and have a random part of a quarter (`random`
 * in [0, 1)), so that hosts that were cut off together do not come back together; the gateway's own wish
 * (Retry-After, in seconds) is never undercut.
 */
export function judgeAnswer(attempt: Attempt, failures: number, random: number): Outcome {
  if ('error' in attempt) return { kind: 'retry', reason: attempt.error, afterMs: pauseMs(failures, random) };
  const { status, retryAfter } = attempt;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const reason = `the gateway answered ${status}`;
  const temporary = status >= 500 || status === 408 || status === 425 || status === 429;
  // A key can be set right, and then the samples are still wanted.
  const fixable = status === 401 || status === 403 || status === 404;
  if (!temporary && !fixable) return { kind: 'refused', reason };
  const wished = retryAfter !== null && /^\d{1,5}$/.test(retryAfter) ? Number(retryAfter) * 1_000 : 0;
  return { kind: 'retry', reason, afterMs: Math.max(wished, pauseMs(failures, random)) };
}

function pauseMs(failures: number, random: number): number {
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 16));
  return Math.round(pause * (1 + random / 4));
}
