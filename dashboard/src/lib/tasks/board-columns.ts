import { TASK_STATUSES, type TaskStatus } from '@fleetbeat/contracts/task-terms.ts';
import type { Task } from '@fleetbeat/contracts/tasks.ts';

export const STATUS_LABELS: Readonly<Record<TaskStatus, string>> = {
  pending: 'Pending',
  in_progress: 'In progress',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

/** What a reader asked for; empty where they did not. */
export interface TaskFilter {
  readonly text: string;
  readonly agent: string;
}

/** Whether a task is meant, as the server decides it too. */
export function isMeant(task: Task, { text, agent }: TaskFilter): boolean {
  if (agent !== '' && task.agent_id !== agent) return false;
  const part = text.trim().toLowerCase();
  return part === '' || [task.task_id, task.name, task.description].some((one) => one?.toLowerCase().includes(part));
}

/** What is known of tasks, with newer news of them: each in the state of its highest revision, and no deleted one. */
export function withNews(tasks: readonly Task[], news: ReadonlyMap<string, Task | null>): Task[] {
  const known = new Map(tasks.map((task) => [task.task_id, task]));
  for (const [id, task] of news) {
    if (task === null) known.delete(id);
    else if (task.revision > (known.get(id)?.revision ?? -1)) known.set(id, task);
  }
  return [...known.values()];
}

/** The tasks of each status, the one that changed last first. */
export function inColumns(tasks: readonly Task[]): Record<TaskStatus, Task[]> {
  const sorted = tasks.toSorted((a, b) => b.updated_at - a.updated_at || (a.task_id < b.task_id ? 1 : -1));
  const columns: Record<TaskStatus, Task[]> = { pending: [], in_progress: [], completed: [], failed: [], cancelled: [] };
  for (const task of sorted) columns[task.status].push(task);
  return columns;
}

export const COLUMNS: readonly TaskStatus[] = TASK_STATUSES;
