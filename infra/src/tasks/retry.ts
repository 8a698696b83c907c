import type { TaskState } from '@fleetbeat/contracts/task-state.ts';

/** Wait before the second attempt, doubled before each further one, and the longest wait; in milliseconds. */
export const FIRST_RETRY_MS = 2_000;
export const LONGEST_RETRY_MS = 10 * 60_000;

/** What becomes of a task whose attempt has come to nothing. */
export type Retry =
  | { readonly kind: 'retry'; readonly notBefore: number }
  | { readonly kind: 'give_up'; readonly why: 'attempts_used_up' | 'not_worth_it' };

/** `worthwhile` false: whoever had it says that no other attempt would do better. */
export function decideRetry(task: Pick<TaskState, 'claims' | 'max_attempts'>, now: number, worthwhile = true): Retry {
  if (!worthwhile) return { kind: 'give_up', why: 'not_worth_it' };
  if (task.claims >= task.max_attempts) return { kind: 'give_up', why: 'attempts_used_up' };
  return { kind: 'retry', notBefore: now + retryDelay(task.claims) };
}

/** Milliseconds between the end of the nth attempt (from 1) and the next. */
export function retryDelay(attempt: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(30, Math.max(0, attempt - 1)));
}
