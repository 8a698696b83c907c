import type { LiveRecord } from '@fleetbeat/contracts/live.ts';
import type { NewTask } from '@fleetbeat/contracts/task-input.ts';
import {
  applyTaskChange,
  deletedTask,
  taskOf,
  versionAfter,
  type TaskFields,
  type TaskState,
} from '@fleetbeat/contracts/task-state.ts';
import { mayFollow, TASK_TRANSITIONS } from '@fleetbeat/contracts/task-transitions.ts';
import type { Task } from '@fleetbeat/contracts/tasks.ts';
import { changesBetween, recordChange, type Actor, type AuditedChange } from '@fleetbeat/infra/audit/record-change.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { changeTasks, type ChangedTask } from '@fleetbeat/infra/tasks/task-rows.ts';
import type { Change } from '../http/change.ts';
import { once, type IdempotentRequest } from '../http/idempotency.ts';
import type { Precondition } from '../http/if-match.ts';
import { newTaskId } from './new-task-id.ts';

/** Who changes a task, and in which request. */
export interface Asker {
  readonly actor: Actor;
  readonly requestId: string;
}

interface Effects {
  change: Change;
  /** Told of every change once it is stored. */
  announce: (record: LiveRecord) => void;
  now: () => number;
}

/** Changes tasks as people ask for it, each together with its entry in the audit log. Throws problems. */
export function createTaskChanges({ change, announce, now }: Effects) {
  async function create(asker: Asker, input: NewTask, request: IdempotentRequest | null): Promise<Task> {
    const { task_id: taskId = newTaskId(now()), ...fields } = input;
    const { answer, replayed } = await change('tasks.create', (transaction) =>
      once(transaction, request, async () => {
        await checkAgent(transaction, null, fields);
        const created = await changeOne(transaction, taskId, (before) => {
          if (before !== null) throw taskExists(before);
          const task = applyTaskChange(null, taskId, fields, versionAfter(null, fields, now()));
          return { ...task, created_by: asker.actor.id };
        });
        await record(transaction, asker, 'created', created);
        return taskOf(created.after);
      }),
    );
    if (!replayed) announce({ type: 'task_created', data: answer });
    return answer;
  }

  async function update(asker: Asker, taskId: string, given: TaskFields, precondition: Precondition): Promise<Task> {
    const { before, after } = await change('tasks.update', async (transaction) => {
      const changed = await changeOne(transaction, taskId, (state) => {
        const known = existing(state);
        precondition(known.revision);
        checkTransition(known, given);
        // Who leaves a status as it is says nothing about it: an attempt is not begun twice.
        const fields = given.status === known.status ? { ...given, status: undefined } : given;
        return applyTaskChange(known, taskId, fields, versionAfter(known, fields, now()));
      });
      await checkAgent(transaction, changed.before, given);
      await record(transaction, asker, 'updated', changed);
      return changed;
    });
    const task = taskOf(after);
    announce({ type: before === null ? 'task_created' : 'task_update', data: task });
    return task;
  }

  async function remove(asker: Asker, taskId: string, precondition: Precondition | null): Promise<void> {
    const deletedAt = now();
    await change('tasks.delete', async (transaction) => {
      const removed = await changeOne(transaction, taskId, (state) => {
        const known = existing(state);
        precondition?.(known.revision);
        return deletedTask(known, deletedAt);
      });
      await record(transaction, asker, 'deleted', removed);
    });
    announce({ type: 'task_deleted', data: { task_id: taskId, deleted_at: deletedAt } });
  }

  return { create, update, remove };
}
export type TaskChanges = ReturnType<typeof createTaskChanges>;

async function changeOne(
  transaction: Transaction,
  taskId: string,
  change: (before: TaskState | null) => TaskState,
): Promise<ChangedTask> {
  const [changed] = await changeTasks(transaction, [taskId], (_id, before) => change(before));
  if (changed === undefined) throw new Error(`task ${taskId} was not written`);
  return changed;
}

function existing(state: TaskState | null): TaskState {
  if (state === null || state.deleted_at !== null) throw unknownTask();
  return state;
}

export function unknownTask(): HttpProblem {
  return new HttpProblem(404, 'unknown-task', 'there is no task of this id');
}

function taskExists(state: TaskState): HttpProblem {
  return state.deleted_at === null
    ? new HttpProblem(409, 'task-exists', 'there is a task of this id already')
    : new HttpProblem(409, 'task-deleted', 'there was a task of this id: an id is not used again');
}

function checkTransition(state: TaskState, { status }: TaskFields): void {
  if (status === undefined || mayFollow(state.status, status)) return;
  const allowed = [...TASK_TRANSITIONS[state.status]];
  const detail = `a task that is ${state.status} cannot become ${status}, only ${allowed.join(', ')}`;
  throw new HttpProblem(409, 'illegal-transition', detail, {}, { allowed });
}

async function checkAgent(transaction: Transaction, before: TaskState | null, { agent_id: agentId }: TaskFields): Promise<void> {
  if (agentId === undefined || agentId === null || agentId === before?.agent_id) return;
  const { rowCount } = await transaction.query('select from agents where agent_id = $1', [agentId]);
  if (rowCount === 0) throw new HttpProblem(422, 'unknown-agent', 'agent_id: no agent of this id has ever been seen');
}

const AUDITED = [
  'name',
  'description',
  'status',
  'priority',
  'workflow_id',
  'agent_id',
  'due_date',
  'progress',
  'result',
  'error',
] as const;

async function record(
  transaction: Transaction,
  { actor, requestId }: Asker,
  action: AuditedChange['action'],
  { before, after }: ChangedTask,
): Promise<void> {
  const changes = changesBetween<TaskState>(before, action === 'deleted' ? null : after, AUDITED);
  await recordChange(transaction, { entityType: 'task', entityId: after.task_id, action, actor, changes, requestId });
}
