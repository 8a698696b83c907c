import type { TaskStatus } from './events.ts';

/**
 * What may follow a status. People are held to it: the API refuses everything else. What agents report has already
 * happened, may come late and in any order, and is ordered by its versions instead (task-state.ts).
 */
export const TASK_TRANSITIONS: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = {
  pending: ['in_progress', 'cancelled'],
  // Back to pending: given back by whoever had it.
  in_progress: ['pending', 'completed', 'failed', 'cancelled'],
  // Reopened: back on the board, not straight into work.
  completed: ['pending'],
  failed: ['pending', 'in_progress'],
  cancelled: ['pending'],
};

/** Whether a task may go from one status to the other. Staying where it is is no transition, and always allowed. */
export function mayFollow(from: TaskStatus, to: TaskStatus): boolean {
  return from === to || TASK_TRANSITIONS[from].includes(to);
}

const ENDED: ReadonlySet<TaskStatus> = new Set(['completed', 'failed', 'cancelled']);

/** Whether nobody works on a task of this status any more. */
export function hasEnded(status: TaskStatus): boolean {
  return ENDED.has(status);
}
