import type { LiveRecord } from '@fleetbeat/contracts/live.ts';
import { taskOf } from '@fleetbeat/contracts/task-state.ts';
import type { ChangedTasks } from './task-rows.ts';

/** What is told live of changed tasks, once the change is stored. */
export function taskNews({ tasks, workflows, notifications }: ChangedTasks): LiveRecord[] {
  return [
    ...tasks.map(({ before, after }): LiveRecord => {
      if (after.deleted_at !== null) {
        return { type: 'task_deleted', data: { task_id: after.task_id, deleted_at: after.deleted_at } };
      }
      return { type: before === null ? 'task_created' : 'task_update', data: taskOf(after) };
    }),
    ...workflows.map((data): LiveRecord => ({ type: 'workflow_update', data })),
    ...notifications.map((data): LiveRecord => ({ type: 'notification', data })),
  ];
}
