import { applyTaskChange, versionAfter, type TaskFields, type TaskState } from '@fleetbeat/contracts/task-state.ts';
import { decideRetry } from './retry.ts';

/**
 * What becomes of a task whose attempt came to nothing at `now` (epoch ms): back on the board after a while, or failed.
 * `assigned`: it was meant for this agent and stays so.
 */
export function afterFailedAttempt(
  task: TaskState,
  attempt: { readonly assigned: boolean; readonly error: string; readonly worthwhile?: boolean | undefined },
  now: number,
): TaskState {
  const decision = decideRetry(task, now, attempt.worthwhile);
  if (decision.kind === 'give_up') return changed(task, { status: 'failed', error: attempt.error }, now);
  return { ...changed(task, backOnBoard(attempt.assigned, attempt.error), now), not_before: decision.notBefore };
}

/** A task that its agent gives back: as if it had never been claimed. */
export function afterRelease(task: TaskState, assigned: boolean, now: number): TaskState {
  return { ...changed(task, backOnBoard(assigned), now), claims: Math.max(0, task.claims - 1), not_before: null };
}

export function afterCompletion(task: TaskState, result: unknown, now: number): TaskState {
  const fields: TaskFields = { status: 'completed', progress: 100, error: null, ...(result === undefined ? {} : { result }) };
  return changed(task, fields, now);
}

export function afterClaim(task: TaskState, agentId: string, now: number): TaskState {
  const claimed = changed(task, { status: 'in_progress', agent_id: agentId, progress: 0 }, now);
  return { ...claimed, claims: task.claims + 1, not_before: null };
}

function backOnBoard(assigned: boolean, error?: string): TaskFields {
  return { status: 'pending', progress: 0, ...(assigned ? {} : { agent_id: null }), ...(error === undefined ? {} : { error }) };
}

function changed(task: TaskState, fields: TaskFields, now: number): TaskState {
  return applyTaskChange(task, task.task_id, fields, versionAfter(task, fields, now));
}
