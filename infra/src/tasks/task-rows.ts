import type { TaskState } from '@fleetbeat/contracts/task-state.ts';
import type { Transaction } from '../database/database.ts';
import { storableJson } from '../database/storable.ts';

/**
 * The tasks table, as whoever changes tasks reads and writes it: the processor of task events and the API. Both work
 * on locked rows, so that neither overwrites what the other has just written.
 */

export interface ChangedTask {
  /** Null where the task was not known. */
  readonly before: TaskState | null;
  readonly after: TaskState;
}

/**
 * Changes the tasks of these ids inside a transaction and answers what was written. `change` answers a task's new state,
 * or null (or the very state it was given) to leave it alone; it may be called again for a task that somebody else made
 * in the meantime.
 */
export async function changeTasks(
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
      return after === null || after === before ? [] : [{ before, after }];
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

const COLUMNS = `task_id, name, description, status, priority, workflow_id, agent_id, due_date, progress, result, error,
  attempts, created_at, started_at, completed_at, created_by, versions, updated_at, deleted_at`;

async function readForChange(transaction: Transaction, ids: readonly string[]): Promise<Map<string, TaskState>> {
  const { rows } = await transaction.query<TaskState>({
    name: 'read-tasks-for-change',
    text: `select ${COLUMNS}, revision from tasks where task_id = any($1) order by task_id for update`,
    values: [ids],
  });
  return new Map(rows.map((row) => [row.task_id, row]));
}

/** The new revisions by id, of those rows that were as they had been read. */
async function write(transaction: Transaction, tasks: readonly TaskState[]): Promise<Map<string, number>> {
  if (tasks.length === 0) return new Map();
  const { rows } = await transaction.query<{ task_id: string; revision: number }>({
    name: 'write-tasks',
    text: `insert into tasks as t (${COLUMNS})
           select ${COLUMNS} from (
             select * from jsonb_to_recordset($1::jsonb) as given (
               task_id text, name text, description text, status text, priority text, workflow_id text, agent_id text,
               due_date bigint, progress double precision, result jsonb, error text, attempts integer, created_at bigint,
               started_at bigint, completed_at bigint, created_by text, versions jsonb, updated_at bigint, deleted_at bigint)
             order by task_id
           ) given
           on conflict (task_id) do update set
             name = excluded.name, description = excluded.description, status = excluded.status, priority = excluded.priority,
             workflow_id = excluded.workflow_id, agent_id = excluded.agent_id, due_date = excluded.due_date,
             progress = excluded.progress, result = excluded.result, error = excluded.error, attempts = excluded.attempts,
             created_at = excluded.created_at, started_at = excluded.started_at, completed_at = excluded.completed_at,
             created_by = excluded.created_by, versions = excluded.versions, updated_at = excluded.updated_at,
             deleted_at = excluded.deleted_at, revision = t.revision + 1
           where t.revision = ($2::jsonb ->> t.task_id)::bigint
           returning t.task_id, t.revision`,
    values: [storableJson(tasks), storableJson(Object.fromEntries(tasks.map((task) => [task.task_id, task.revision])))],
  });
  return new Map(rows.map((row) => [row.task_id, row.revision]));
}
