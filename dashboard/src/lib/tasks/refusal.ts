import type { Task } from '@fleetbeat/contracts/tasks.ts';
import type { ApiProblem } from '../api/problem.ts';
import { STATUS_LABELS } from './board-columns.ts';

/** Why a task stays where it is, as a sentence. */
export function refusalOf(task: Task, problem: ApiProblem): string {
  const stays = `“${task.name ?? task.task_id}” stays ${STATUS_LABELS[task.status].toLowerCase()}`;
  if (problem.status === 412) return `${stays}: somebody else has changed it meanwhile. Look at it and try again.`;
  return `${stays}: ${problem.message}`;
}
