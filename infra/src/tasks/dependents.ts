import type { TaskState } from '@fleetbeat/contracts/task-state.ts';
import type { Transaction } from '../database/database.ts';
import { TASK_COLUMNS } from './task-columns.ts';
import type { ChangedTask } from './changed-task.ts';

/**
 * Counts anew what waits for tasks that have just been completed, or are so no longer; answers the tasks that wait.
 *
 * The rows of the completed tasks are locked, and whoever makes a task wait for them locks them first: so either that task
 * is seen here, or it sees what was written here.
 */
export async function moveDependents(transaction: Transaction, changed: readonly ChangedTask[]): Promise<ChangedTask[]> {
  const moves = changed.flatMap(({ before, after }) => {
    const move = Number(isCompleted(before)) - Number(isCompleted(after));
    return move === 0 ? [] : [{ id: after.task_id, move }];
  });
  if (moves.length === 0) return [];
  const { rows } = await transaction.query<TaskState & { moved: number }>({
    name: 'move-dependents',
    text: `with waiting as (
             -- In one order, so that two transactions never wait for each other in a circle.
             select task_id, depends_on from tasks where depends_on && $1 and depends_on <> '{}' order by task_id for update
           ), moves as (
             select waiting.task_id, sum(m.move)::integer as moved
             from waiting join unnest($1::text[], $2::integer[]) as m (task_id, move) on m.task_id = any(waiting.depends_on)
             group by waiting.task_id
           ), moved as (
             update tasks t set waiting_for = t.waiting_for + moves.moved, revision = t.revision + 1
             from moves where t.task_id = moves.task_id
             returning t.*, moves.moved
           )
           select ${TASK_COLUMNS}, revision, moved from moved order by task_id`,
    values: [moves.map(({ id }) => id), moves.map(({ move }) => move)],
  });
  return rows.map(({ moved, ...after }) => ({ before: { ...after, waiting_for: after.waiting_for - moved }, after }));
}

function isCompleted(state: TaskState | null): boolean {
  return state !== null && state.deleted_at === null && state.status === 'completed';
}
