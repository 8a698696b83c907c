import * as z from 'zod';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { TaskStatus } from '@fleetbeat/contracts/events.ts';
import type { Task } from '@fleetbeat/contracts/tasks.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import { containsPattern, type ReadQuery } from '../http/read-query.ts';

export interface TaskFilter {
  status?: TaskStatus | undefined;
  priority?: string | undefined;
  workflow_id?: string | undefined;
  agent_id?: string | undefined;
  q?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

const POSITION = z.tuple([z.number().int(), z.string()]);

type TaskRow = Omit<Task, 'duration_seconds'>;

const TASKS = `
  select t.task_id, t.name, t.description, t.status, t.priority, t.workflow_id, t.agent_id, t.due_date, t.progress,
    t.result, t.error, t.attempts, t.created_at, t.started_at, t.completed_at
  from tasks t`;

/** Reads tasks, the last created first. */
export function createTasksReadModel(query: ReadQuery) {
  async function list(filter: TaskFilter): Promise<List<Task>> {
    const values: unknown[] = [];
    const place = (value: unknown) => `$${values.push(value)}`;
    const conditions = ['true'];
    for (const field of ['status', 'priority', 'workflow_id', 'agent_id'] as const) {
      if (filter[field] !== undefined) conditions.push(`t.${field} = ${place(filter[field])}`);
    }
    if (filter.q !== undefined) {
      const pattern = place(containsPattern(filter.q));
      conditions.push(`(t.task_id ilike ${pattern} or t.name ilike ${pattern})`);
    }
    if (filter.cursor !== undefined) {
      const [createdAt, taskId] = decodeCursor(filter.cursor, POSITION);
      const at = place(createdAt);
      conditions.push(`(t.created_at < ${at} or (t.created_at = ${at} and t.task_id > ${place(taskId)}))`);
    }
    const rows = await query<TaskRow>(
      'tasks.list',
      `${TASKS} where ${conditions.join(' and ')} order by t.created_at desc, t.task_id limit ${place(filter.limit + 1)}`,
      values,
    );
    return pageOf(rows, filter.limit, taskOf, (row) => [row.created_at, row.task_id]);
  }

  async function find(taskId: string): Promise<Task | null> {
    const [row] = await query<TaskRow>('tasks.find', `${TASKS} where t.task_id = $1`, [taskId]);
    return row === undefined ? null : taskOf(row);
  }

  return { list, find };
}

function taskOf(row: TaskRow): Task {
  const { started_at: start, completed_at: end } = row;
  return { ...row, duration_seconds: start === null || end === null ? null : Math.max(0, end - start) / 1_000 };
}
export type TasksReadModel = ReturnType<typeof createTasksReadModel>;
