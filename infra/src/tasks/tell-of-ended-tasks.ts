import type { Notification, WorkNews } from '@fleetbeat/contracts/alerts.ts';
import type { TaskState } from '@fleetbeat/contracts/task-state.ts';
import type { Transaction } from '../database/database.ts';
import { recordNotification } from '../notifications/record-notification.ts';
import type { ChangedTask } from './changed-task.ts';

/** More than these that end together are told together. */
const TOLD_SINGLY = 5;
/** What ended longer ago is history that comes in late, and no news, in milliseconds. */
const NEWS_MS = 15 * 60_000;
const REASON_LENGTH = 500;

/** Tells in the dashboard which of the changed tasks were completed and which have failed, with the change itself. */
export async function tellOfEndedTasks(
  transaction: Transaction,
  changed: readonly ChangedTask[],
  now: number = Date.now(),
): Promise<Notification[]> {
  const told: Notification[] = [];
  for (const status of ['completed', 'failed'] as const) {
    const tasks = changed.flatMap(({ before, after }) =>
      after.status === status && before?.status !== status && after.deleted_at === null && endOf(after) > now - NEWS_MS
        ? [after]
        : [],
    );
    const kind: WorkNews = `task_${status}`;
    const at = tasks.reduce((latest, task) => Math.max(latest, endOf(task)), 0);
    if (tasks.length > TOLD_SINGLY) {
      const title = `${tasks.length} tasks ${status === 'failed' ? 'have failed' : 'are completed'}`;
      const body = `${tasks.slice(0, TOLD_SINGLY).map(nameOf).join('\n')}\nand ${tasks.length - TOLD_SINGLY} more`;
      const one = await recordNotification(transaction, { kind, subject: null, title, body, at });
      if (one !== null) told.push(one);
      continue;
    }
    for (const task of tasks) {
      const one = await recordNotification(transaction, {
        kind,
        subject: { type: 'task', id: task.task_id },
        title: `${nameOf(task)} ${status === 'failed' ? 'has failed' : 'is completed'}`,
        body: status === 'failed' ? (task.error ?? '').slice(0, REASON_LENGTH) : '',
        at: endOf(task),
        dedupKey: `${kind}:${task.task_id}:${task.revision}`,
      });
      if (one !== null) told.push(one);
    }
  }
  return told;
}

function endOf({ completed_at: end, updated_at: changed }: TaskState): number {
  return end ?? changed;
}

/** Short enough to leave room for what became of it. */
function nameOf({ name, task_id: id }: TaskState): string {
  const called = [...(name ?? id)];
  return called.length <= 60 ? called.join('') : `${called.slice(0, 59).join('')}…`;
}
