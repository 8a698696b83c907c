import type { Visualizations } from '@fleetbeat/contracts/api.ts';
import { TASK_STATUSES, type TaskStatus } from '@fleetbeat/contracts/task-terms.ts';
import type { TaskCounts } from '@fleetbeat/contracts/tasks.ts';

/** How many tasks have each status now, beside how many came to it in a stretch of time. Pure. */

export interface TaskRow {
  readonly status: TaskStatus;
  /** Null where it is not known. */
  readonly now: number | null;
  /** There are at least so many: the counting was cut short. */
  readonly more: boolean;
  /** How many came to it in the range; null where it is not known. */
  readonly came: number | null;
}

const CAME = {
  pending: 'created',
  in_progress: 'started',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
} as const satisfies Record<TaskStatus, keyof Visualizations['task_totals']>;

/** A row for each status, in the order in which tasks take them. */
export function taskRows(counts: TaskCounts | null, totals: Visualizations['task_totals'] | null): TaskRow[] {
  return TASK_STATUSES.map((status) => {
    const counted = counts?.items.find((one) => one.status === status);
    return {
      status,
      now: counts === null ? null : (counted?.tasks ?? 0),
      more: counted?.more ?? false,
      came: totals === null ? null : totals[CAME[status]],
    };
  });
}

/** There are tasks, or were some in the range. */
export function hasTasks(rows: readonly TaskRow[]): boolean {
  return rows.some(({ now, came }) => (now ?? 0) + (came ?? 0) > 0);
}
