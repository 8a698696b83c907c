import * as z from 'zod';
import type { List } from '@fleetbeat/contracts/api.ts';
import { TASK_PRIORITIES, TASK_STATUSES, type TaskStatus } from '@fleetbeat/contracts/events.ts';
import { taskOf, type TaskState } from '@fleetbeat/contracts/task-state.ts';
import type { Task, TaskCounts } from '@fleetbeat/contracts/tasks.ts';
import { decodeCursor, encodeCursor, pageOf } from '../http/cursor.ts';
import type { Labels } from '../http/label-fields.ts';
import { containsPattern, type ReadQuery } from '../http/read-query.ts';
import { PRIORITY_RANK, TASK_SORTS, type TaskSort } from './task-sorts.ts';

/** Which tasks are meant. */
export interface TaskFilter {
  /** Any of these; all where it is empty. */
  status: readonly TaskStatus[];
  priority?: Task['priority'] | undefined;
  workflow_id?: string | undefined;
  agent_id?: string | undefined;
  labels?: Labels | null | undefined;
  q?: string | undefined;
}

export interface TaskPage extends TaskFilter {
  sort: TaskSort;
  limit: number;
  cursor?: string | undefined;
}

interface TaskRow extends TaskState {
  /** Where the task lies in the order of the list. */
  position: number | string;
}

interface SeenRow extends TaskRow {
  found: boolean;
  /** As how many of its status have been looked through with it. */
  seen: number;
}

const COLUMNS = `task_id, name, description, status, priority, workflow_id, agent_id, due_date, progress, result, error,
  attempts, created_at, started_at, completed_at, created_by, depends_on, waiting_for, capabilities, max_attempts,
  timeout_seconds, not_before, updated_at, revision`;

/** Three letters or digits in a row: what the index of texts can look up. */
export const CAN_BE_LOOKED_UP = /[\p{L}\p{N}]{3}/u;
const LIMITS = {
  /** Tasks that a text is looked up for: where more have it, it is met soon enough on the way through a list. */
  lookedUp: 1_000,
  /** Tasks of each status through which one page goes to find a text that many have, or that cannot be looked up. */
  lookedThrough: 2_000,
  /** As many of those of an agent, a workflow or a priority: to meet one of them takes reading several of others. */
  lookedThroughOfSome: 500,
};
/** Tasks of one status that are counted, and tasks of an agent or a workflow that are looked at. */
const COUNTED = 10_000;
const LOOKED_AT = 20_000;

/** What a statement asks of tasks, and where it places a value. */
type Place = (value: unknown) => string;

/** Reads tasks that are there: a deleted one is not found. */
export function createTasksReadModel(query: ReadQuery, { lookedUp, ...limits } = LIMITS) {
  async function list(page: TaskPage): Promise<List<Task>> {
    const { expression, direction, position } = TASK_SORTS[page.sort];
    const values: unknown[] = [];
    const place = (value: unknown) => `$${values.push(value)}`;
    const conditions = conditionsOf(page, page.sort === 'priority', place);
    if (page.cursor !== undefined) {
      // A cursor belongs to the order that gave it out.
      const [, at, taskId] = decodeCursor(page.cursor, z.tuple([z.literal(page.sort), position, z.string()]));
      conditions.push(`(${expression}, task_id) ${direction === 'desc' ? '<' : '>'} (${place(at)}, ${place(taskId)})`);
    }
    const order = `order by position ${direction}, task_id ${direction}`;
    const limit = `limit ${place(page.limit + 1)}`;
    const positionOf = (row: TaskRow) => [page.sort, row.position, row.task_id];
    const where = (...more: string[]) => `where ${[...conditions, ...more].join(' and ')}`;
    const columns = `${COLUMNS}, ${expression} as position`;
    // Status by status: the indexes of the orders begin with it.
    const merged = (branch: (ofStatus: string) => string) =>
      wanted(page.status)
        .map((status) => `(${branch(`status = ${place(status)}`)})`)
        .join(' union all ');

    const ids = page.q === undefined ? null : await lookUp(page.q);
    if (page.q !== undefined && ids === null) {
      const ofSome = page.agent_id !== undefined || page.workflow_id !== undefined || page.priority !== undefined;
      const lookedThrough = ofSome ? limits.lookedThroughOfSome : limits.lookedThrough;
      const pattern = place(containsPattern(page.q));
      const found = `(task_id ilike ${pattern} or name ilike ${pattern} or description ilike ${pattern})`;
      const branches = merged(
        (ofStatus) =>
          `select *, ${found} as found from (
             select ${columns}, row_number() over (order by ${expression} ${direction}, task_id ${direction}) as seen
             from tasks ${where(ofStatus)} ${order} limit ${lookedThrough}) tasks
           where seen = ${lookedThrough} or ${found} ${order} ${limit}`,
      );
      const rows = await query<SeenRow>('tasks.search', `select * from (${branches}) listed ${order}`, values);
      // What lies behind the first status to be cut short may have been left out.
      const cut = rows.findIndex(({ seen }) => seen === lookedThrough);
      const known = cut < 0 ? rows : rows.slice(0, cut + 1);
      const answer = pageOf(
        known.filter((row) => row.found),
        page.limit,
        seenAnswerOf,
        positionOf,
      );
      const end = cut < 0 ? undefined : rows[cut];
      return answer.next_cursor !== null || end === undefined
        ? answer
        : { ...answer, next_cursor: encodeCursor(positionOf(end)) };
    }
    const statement =
      ids === null
        ? `select * from (${merged((ofStatus) => `select ${columns} from tasks ${where(ofStatus)} ${order} ${limit}`)}) listed`
        : `select ${columns} from tasks ${where(`task_id = any(${place(ids)})`, `status = any(${place(wanted(page.status))})`)}`;
    const rows = await query<TaskRow>('tasks.list', `${statement} ${order} ${limit}`, values);
    return pageOf(rows, page.limit, answerOf, positionOf);
  }

  /** The tasks that have a text; null where they are too many, or it is too short to be looked up. */
  async function lookUp(text: string): Promise<string[] | null> {
    if (!CAN_BE_LOOKED_UP.test(text)) return null;
    const ids = await idsOf(text);
    return ids.length > lookedUp ? null : ids;
  }

  /** One more than are looked up at most. */
  async function idsOf(text: string): Promise<string[]> {
    const rows = await query<{ task_id: string }>(
      'tasks.look-up',
      `select task_id from task_texts where content like lower($1) limit ${lookedUp + 1}`,
      [containsPattern(text)],
    );
    return rows.map((row) => row.task_id);
  }

  /** How many tasks there are of each status, as far as can be counted in bounded time. */
  async function count(filter: TaskFilter): Promise<TaskCounts> {
    const values: unknown[] = [];
    const place = (value: unknown) => `$${values.push(value)}`;
    const ids = filter.q === undefined ? null : await idsOf(filter.q);
    const ofFew = ids !== null || filter.agent_id !== undefined || filter.workflow_id !== undefined || Boolean(filter.labels);
    const statuses = wanted(filter.status);
    const { priority, ...whose } = filter;
    const conditions = conditionsOf(ofFew ? whose : filter, true, place);
    if (ids !== null) conditions.push(`task_id = any(${place(ids)})`);
    // Without more columns than needed: an index may do.
    const [columns, counted] =
      ofFew && priority !== undefined ? ['status, priority', `filter (where priority = ${place(priority)})`] : ['status', ''];
    const seen = (more: readonly string[], limit: number) =>
      `(select ${columns} from tasks where ${[...conditions, ...more].join(' and ')} limit ${limit + 1})`;
    const branches = ofFew ? [seen([], LOOKED_AT)] : statuses.map((status) => seen([`status = ${place(status)}`], COUNTED));
    const rows = await query<{ status: TaskStatus; tasks: number; seen: number }>(
      'tasks.count',
      `select status, count(*) ${counted} as tasks, count(*) as seen from (${branches.join(' union all ')}) seen group by status`,
      values,
    );
    const found = new Map(rows.map(({ status, tasks }) => [status, tasks]));
    const all = rows.reduce((sum, row) => sum + row.seen, 0);
    const cut = (ids !== null && ids.length > lookedUp) || (ofFew && all > LOOKED_AT);
    return {
      items: statuses.map((status) => {
        const tasks = found.get(status) ?? 0;
        return { status, tasks: ofFew ? tasks : Math.min(COUNTED, tasks), more: cut || (!ofFew && tasks > COUNTED) };
      }),
    };
  }

  async function find(taskId: string): Promise<Task | null> {
    const [row] = await query<TaskState>('tasks.find', `select ${COLUMNS} from tasks where task_id = $1 and deleted_at is null`, [
      taskId,
    ]);
    return row === undefined ? null : taskOf(row);
  }

  return { list, count, find };
}
export type TasksReadModel = ReturnType<typeof createTasksReadModel>;

/** What a task must be like, but for its status and its text. `byRank`: an index that has the rank of priorities is to be used. */
function conditionsOf(filter: TaskFilter, byRank: boolean, place: Place): string[] {
  const conditions = ['deleted_at is null'];
  if (filter.priority !== undefined) {
    conditions.push(
      byRank ? `${PRIORITY_RANK} = ${place(TASK_PRIORITIES.indexOf(filter.priority))}` : `priority = ${place(filter.priority)}`,
    );
  }
  for (const field of ['workflow_id', 'agent_id'] as const) {
    if (filter[field] !== undefined) conditions.push(`${field} = ${place(filter[field])}`);
  }
  if (filter.labels) {
    // As an array, which indexes of tasks by agent can look up.
    const labels = place(JSON.stringify(filter.labels));
    conditions.push(`agent_id = any(array(select agent_id from agents where labels @> ${labels}::jsonb))`);
  }
  return conditions;
}

function wanted(status: readonly TaskStatus[]): readonly TaskStatus[] {
  return status.length === 0 ? TASK_STATUSES : [...new Set(status)];
}

function seenAnswerOf({ found: _found, seen: _seen, ...row }: SeenRow): Task {
  return answerOf(row);
}

function answerOf({ position: _position, ...state }: TaskRow): Task {
  return taskOf(state);
}
