import type { Notification } from '@fleetbeat/contracts/alerts.ts';
import type { TaskState } from '@fleetbeat/contracts/task-state.ts';
import { hasEnded } from '@fleetbeat/contracts/task-transitions.ts';
import type { Workflow } from '@fleetbeat/contracts/workflows.ts';
import type { Transaction } from '../database/database.ts';
import { storableJson } from '../database/storable.ts';
import type { ChangedTask } from './changed-task.ts';
import { endLeases } from './leases.ts';
import { TASK_COLUMNS } from './task-columns.ts';
import { moveDependents } from './dependents.ts';
import { keepTallies } from './tallies.ts';
import { tellOfEndedTasks } from './tell-of-ended-tasks.ts';

/**
 * The tasks table, as whoever changes tasks reads and writes it: the processor of task events, the API and the timers. All
 * work on locked rows, so that none overwrites what another has just written.
 */

export interface ChangedTasks {
  /** What was written, tasks that waited for these included. */
  readonly tasks: readonly ChangedTask[];
  /** Those whose counts have changed with it. */
  readonly workflows: readonly Workflow[];
  /** What was told in the dashboard of tasks that have ended. */
  readonly notifications: readonly Notification[];
}

/**
 * Changes the tasks of these ids inside a transaction and answers what was written. `change` answers a task's new state,
 * or null (or the very state it was given) to leave it alone; it may be called again for a task that somebody else made
 * in the meantime.
 *
 * What follows from the change happens with it: leases of tasks that nobody works on any more end, tasks that wait for
 * completed ones are let go, the counts of agents and workflows are kept, and the dashboard is told of what has ended.
 */
export async function changeTasks(
  transaction: Transaction,
  ids: Iterable<string>,
  change: (id: string, before: TaskState | null) => TaskState | null,
): Promise<ChangedTasks> {
  const written = await changeRows(transaction, ids, change);
  await endLeases(transaction, written);
  const moved = await moveDependents(transaction, written);
  const tasks = [...moved.reduce(follow, new Map(written.map((each) => [each.after.task_id, each]))).values()];
  const workflows = await keepTallies(transaction, tasks);
  return { tasks, workflows, notifications: await tellOfEndedTasks(transaction, tasks) };
}

async function changeRows(
  transaction: Transaction,
  ids: Iterable<string>,
  change: (id: string, before: TaskState | null) => TaskState | null,
): Promise<ChangedTask[]> {
  const written: ChangedTask[] = [];
  // Sorted, so that two transactions never wait for each other in a circle.
  let left = [...ids].sort();
  while (left.length > 0) {
    const known = await readForChange(transaction, left);
    const changed = left.flatMap((id) => {
      const before = known.get(id) ?? null;
      const after = change(id, before);
      return after === null || after === before ? [] : [{ before, after: reopened(before, after) }];
    });
    const revisions = await write(
      transaction,
      changed.map(({ after }) => after),
    );
    // A row that was not there to be locked may have been made by another transaction: it is read, and waited for, again.
    left = [];
    for (const { before, after } of changed) {
      const revision = revisions.get(after.task_id);
      if (revision === undefined) left.push(after.task_id);
      else written.push({ before, after: { ...after, revision } });
    }
  }
  return written;
}

/** A task that goes back to the board from its end is tried as if for the first time. */
function reopened(before: TaskState | null, after: TaskState): TaskState {
  if (before === null || after.deleted_at !== null || !hasEnded(before.status) || hasEnded(after.status)) return after;
  const reopenedAt = before.status === 'completed' ? after.updated_at : after.reopened_at;
  return { ...after, claims: 0, not_before: null, reopened_at: reopenedAt };
}

/** One change after another of the same task is one change. */
function follow(changes: Map<string, ChangedTask>, { before, after }: ChangedTask): Map<string, ChangedTask> {
  const first = changes.get(after.task_id);
  return changes.set(after.task_id, { before: first === undefined ? before : first.before, after });
}

async function readForChange(transaction: Transaction, ids: readonly string[]): Promise<Map<string, TaskState>> {
  const { rows } = await transaction.query<TaskState>({
    name: 'read-tasks-for-change',
    text: `select ${TASK_COLUMNS}, revision from tasks where task_id = any($1) order by task_id for update`,
    values: [ids],
  });
  return new Map(rows.map((row) => [row.task_id, row]));
}

/** The new revisions by id, of those rows that were as they had been read. */
async function write(transaction: Transaction, tasks: readonly TaskState[]): Promise<Map<string, number>> {
  if (tasks.length === 0) return new Map();
  const { rows } = await transaction.query<{ task_id: string; revision: number }>({
    name: 'write-tasks',
    text: `insert into tasks as t (${TASK_COLUMNS})
           select ${TASK_COLUMNS} from (
             select * from jsonb_to_recordset($1::jsonb) as given (
               task_id text, name text, description text, status text, priority text, workflow_id text, agent_id text,
               due_date bigint, progress double precision, result jsonb, error text, attempts integer, created_at bigint,
               started_at bigint, completed_at bigint, created_by text, depends_on text[], waiting_for integer, capabilities text[],
               max_attempts integer, timeout_seconds integer, claims integer, not_before bigint, reopened_at bigint,
               versions jsonb, updated_at bigint, deleted_at bigint)
             order by task_id
           ) given
           on conflict (task_id) do update set
             name = excluded.name, description = excluded.description, status = excluded.status, priority = excluded.priority,
             workflow_id = excluded.workflow_id, agent_id = excluded.agent_id, due_date = excluded.due_date,
             progress = excluded.progress, result = excluded.result, error = excluded.error, attempts = excluded.attempts,
             created_at = excluded.created_at, started_at = excluded.started_at, completed_at = excluded.completed_at,
             created_by = excluded.created_by, depends_on = excluded.depends_on, waiting_for = excluded.waiting_for,
             capabilities = excluded.capabilities, max_attempts = excluded.max_attempts,
             timeout_seconds = excluded.timeout_seconds, claims = excluded.claims, not_before = excluded.not_before,
             reopened_at = excluded.reopened_at, versions = excluded.versions, updated_at = excluded.updated_at,
             deleted_at = excluded.deleted_at, revision = t.revision + 1
           where t.revision = ($2::jsonb ->> t.task_id)::bigint
           returning t.task_id, t.revision`,
    values: [storableJson(tasks), storableJson(Object.fromEntries(tasks.map((task) => [task.task_id, task.revision])))],
  });
  return new Map(rows.map((row) => [row.task_id, row.revision]));
}
