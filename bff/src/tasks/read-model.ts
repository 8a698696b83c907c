import * as z from 'zod';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { TaskStatus } from '@fleetbeat/contracts/events.ts';
import { taskOf, type TaskState } from '@fleetbeat/contracts/task-state.ts';
import type { Task } from '@fleetbeat/contracts/tasks.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import { containsPattern, type ReadQuery } from '../http/read-query.ts';
import { TASK_SORTS, type TaskSort } from './task-sorts.ts';

export interface TaskFilter {
  /** Any of these; all where it is empty. */
  status: readonly TaskStatus[];
  priority?: string | undefined;
  workflow_id?: string | undefined;
  agent_id?: string | undefined;
  q?: string | undefined;
  sort: TaskSort;
  limit: number;
  cursor?: string | undefined;
}

interface TaskRow extends TaskState {
  /** Where the task lies in the order of the list. */
  position: number | string;
}

const COLUMNS = `task_id, name, description, status, priority, workflow_id, agent_id, due_date, progress, result, error,
  attempts, created_at, started_at, completed_at, created_by, depends_on, waiting_for, capabilities, max_attempts,
  timeout_seconds, not_before, updated_at, revision`;

/** Reads tasks that are there: a deleted one is not found. */
export function createTasksReadModel(query: ReadQuery) {
  async function list(filter: TaskFilter): Promise<List<Task>> {
    const { expression, direction, position } = TASK_SORTS[filter.sort];
    const values: unknown[] = [];
    const place = (value: unknown) => `$${values.push(value)}`;
    const conditions = ['deleted_at is null'];
    if (filter.status.length === 1) conditions.push(`status = ${place(filter.status[0])}`);
    else if (filter.status.length > 1) conditions.push(`status = any(${place(filter.status)})`);
    for (const field of ['priority', 'workflow_id', 'agent_id'] as const) {
      if (filter[field] !== undefined) conditions.push(`${field} = ${place(filter[field])}`);
    }
    if (filter.q !== undefined) {
      const pattern = place(containsPattern(filter.q));
      conditions.push(`(task_id ilike ${pattern} or name ilike ${pattern} or description ilike ${pattern})`);
    }
    if (filter.cursor !== undefined) {
      // A cursor belongs to the order that gave it out.
      const [, at, taskId] = decodeCursor(filter.cursor, z.tuple([z.literal(filter.sort), position, z.string()]));
      conditions.push(`(${expression}, task_id) ${direction === 'desc' ? '<' : '>'} (${place(at)}, ${place(taskId)})`);
    }
    const rows = await query<TaskRow>(
      'tasks.list',
      `select ${COLUMNS}, ${expression} as position from tasks where ${conditions.join(' and ')}
       order by ${expression} ${direction}, task_id ${direction} limit ${place(filter.limit + 1)}`,
      values,
    );
    return pageOf(rows, filter.limit, answerOf, (row) => [filter.sort, row.position, row.task_id]);
  }

  async function find(taskId: string): Promise<Task | null> {
    const [row] = await query<TaskState>('tasks.find', `select ${COLUMNS} from tasks where task_id = $1 and deleted_at is null`, [
      taskId,
    ]);
    return row === undefined ? null : taskOf(row);
  }

  return { list, find };
}
export type TasksReadModel = ReturnType<typeof createTasksReadModel>;

function answerOf({ position: _position, ...state }: TaskRow): Task {
  return taskOf(state);
}
