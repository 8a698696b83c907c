import type { TaskStatus } from '@fleetbeat/contracts/events.ts';
import { formatLength } from '@fleetbeat/contracts/format-duration.ts';
import { formatShare } from '@fleetbeat/contracts/format-number.ts';
import type { Calibration, Effect, Suggestion, SuggestionStatus } from '@fleetbeat/contracts/suggestions.ts';
import type { ApiProblem } from '../api/problem.ts';

export const STATUS_WORDS: Readonly<Record<SuggestionStatus, string>> = {
  pending: 'Waiting',
  approved: 'Approved',
  rejected: 'Rejected',
  expired: 'Expired',
};

const DONE: Readonly<Record<TaskStatus, string>> = {
  pending: 'Puts the task back to pending',
  in_progress: 'Starts the task',
  completed: 'Completes the task',
  failed: 'Marks the task as failed',
  cancelled: 'Cancels the task',
};

/** What approval does, as a sentence without its full stop. */
export function effectWords(effect: Effect | null): string {
  switch (effect?.type) {
    case undefined:
      return 'Nothing by itself: the agent reads that it was approved';
    case 'set_task_status':
      return DONE[effect.status];
    case 'pause_agent':
      return `Pauses ${effect.agent_id}: it is given no tasks any more`;
    case 'call_webhook':
      return 'Calls a webhook';
    default:
      return effect satisfies never;
  }
}

/** Why a suggestion is not decided, as a sentence. */
export function refusalOf({ action }: Suggestion, problem: Pick<ApiProblem, 'status' | 'message'>): string {
  if (problem.status === 412) return `“${action}”: somebody else was faster.`;
  return `“${action}” is not decided: ${problem.message}.`;
}

/** What a curve says, for whoever does not see it. */
export function calibrationWords({
  n,
  open,
  succeeded,
  expected_calibration_error: error,
  within_hours: hours,
}: Calibration): string {
  if (n === 0) return open === 0 ? 'Nothing is known yet.' : `Nothing is known yet of ${open} that were approved.`;
  const within = formatLength(hours * 3_600_000);
  const waiting = open === 0 ? '' : ` Of ${open} more it is not known yet.`;
  return `${succeeded} of ${n} approved suggestions led to a task that was completed within ${within} and not reopened. Confidence is off by ${formatShare(error)} on average.${waiting}`;
}

/** From where on suggestions need nobody any more, and by what that is said. */
export function recommendationWords({ recommended, target, min_samples: least }: Calibration): string {
  const goal = `success of ${formatShare(target)}, by the lower end of the 95% interval and of ${least} suggestions or more`;
  if (recommended === null) return `No confidence is known to mean ${goal}: let people decide.`;
  const { threshold, n, success } = recommended;
  return `From a confidence of ${formatShare(threshold)} on, ${formatShare(success)} of ${n} succeeded. It is the lowest that means ${goal}.`;
}
