import { taskEventSchema, type TaskEvent } from '@fleetbeat/contracts/events.ts';
import type { LiveRecord } from '@fleetbeat/contracts/live.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { storableJson } from '@fleetbeat/infra/database/storable.ts';
import type { DecodedEvent } from '../engine/decode.ts';
import { applyTaskEvent, taskOf, type TaskState } from './task-state.ts';

/** The task events of one cut, applied to the tasks table when the cut is stored. */
export class TaskChanges {
  readonly #events = new Map<string, { event: TaskEvent; ts: number }[]>();
  /** What to tell once the transaction has gone through: one record for each task written. */
  changes: LiveRecord[] = [];

  add({ key, fields, ts }: DecodedEvent): void {
    const event = taskEventSchema.parse(fields);
    const events = this.#events.get(key);
    if (events === undefined) this.#events.set(key, [{ event, ts }]);
    else events.push({ event, ts });
  }

  async save(transaction: Transaction): Promise<void> {
    if (this.#events.size === 0) return;
    // Sorted, so that two cuts never wait for each other in a circle.
    const ids = [...this.#events.keys()].sort();
    const known = await readTasks(transaction, ids);
    const changed = ids.map((id) => {
      let state = known.get(id) ?? null;
      for (const { event, ts } of this.#events.get(id) ?? []) state = applyTaskEvent(state, event, ts);
      if (state === null) throw new Error(`task ${id} has no event`);
      return state;
    });
    await writeTasks(transaction, changed);
    this.changes = changed.map((state) => ({
      type: known.has(state.task_id) ? 'task_update' : 'task_created',
      data: taskOf(state),
    }));
  }
}

const COLUMNS = `task_id, name, description, status, priority, workflow_id, agent_id, due_date, progress, result, error,
  attempts, created_at, started_at, completed_at, versions, updated_at`;

async function readTasks(transaction: Transaction, ids: readonly string[]): Promise<Map<string, TaskState>> {
  const { rows } = await transaction.query<TaskState>({
    name: 'read-tasks-for-change',
    text: `select ${COLUMNS} from tasks where task_id = any($1) order by task_id for update`,
    values: [ids],
  });
  return new Map(rows.map((row) => [row.task_id, row]));
}

async function writeTasks(transaction: Transaction, tasks: readonly TaskState[]): Promise<void> {
  await transaction.query({
    name: 'write-tasks',
    text: `insert into tasks (${COLUMNS})
           select ${COLUMNS} from jsonb_to_recordset($1::jsonb) as t (
             task_id text, name text, description text, status text, priority text, workflow_id text, agent_id text,
             due_date bigint, progress real, result jsonb, error text, attempts integer, created_at bigint, started_at bigint,
             completed_at bigint, versions jsonb, updated_at bigint)
           on conflict (task_id) do update set
             name = excluded.name, description = excluded.description, status = excluded.status, priority = excluded.priority,
             workflow_id = excluded.workflow_id, agent_id = excluded.agent_id, due_date = excluded.due_date,
             progress = excluded.progress, result = excluded.result, error = excluded.error, attempts = excluded.attempts,
             created_at = excluded.created_at, started_at = excluded.started_at, completed_at = excluded.completed_at,
             versions = excluded.versions, updated_at = excluded.updated_at`,
    values: [storableJson(tasks)],
  });
}
