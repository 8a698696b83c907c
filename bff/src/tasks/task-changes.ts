import type { NewTask, TaskPatch } from '@fleetbeat/contracts/task-input.ts';
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
import { recordChange, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { taskAudit } from '@fleetbeat/infra/tasks/task-audit.ts';
import { taskNews } from '@fleetbeat/infra/tasks/task-news.ts';
import type { ChangedTask } from '@fleetbeat/infra/tasks/changed-task.ts';
import { changeTasks, type ChangedTasks } from '@fleetbeat/infra/tasks/task-rows.ts';
import type { Announce } from '../http/announce.ts';
import type { Change } from '../http/change.ts';
import { once, type IdempotentRequest } from '../http/idempotency.ts';
import type { Precondition } from '../http/if-match.ts';
import { newId } from '../http/new-id.ts';
import { checkNoDependents, moveTask, placeNewTask } from './dependencies.ts';

interface Effects {
  change: Change;
  announce: Announce;
  now: () => number;
}

interface Changed {
  readonly task: ChangedTask;
  readonly all: ChangedTasks;
}

/** Changes tasks as people ask for it, each together with its entry in the audit log. Throws problems. */
export function createTaskChanges({ change, announce, now }: Effects) {
  async function create(asker: Asker, input: NewTask, request: IdempotentRequest | null): Promise<Task> {
    const { task_id: taskId = newId(now()), ...given } = input;
    let all: ChangedTasks | null = null;
    const { answer } = await change('tasks.create', (transaction) =>
      once(transaction, request, async () => {
        await checkAgent(transaction, null, given);
        const place = { workflowId: given.workflow_id ?? null, dependsOn: given.depends_on ?? [] };
        const waitingFor = await placeNewTask(transaction, place);
        const created = await changeOne(transaction, taskId, (before) => {
          if (before !== null) throw taskExists(before);
          const task = applyTaskChange(null, taskId, given, versionAfter(null, given, now()));
          return { ...task, ...dispatchFields(given), waiting_for: waitingFor, created_by: asker.actor.id };
        });
        await recordChange(transaction, taskAudit(asker, created.task));
        all = created.all;
        return taskOf(created.task.after);
      }),
    );
    if (all !== null) announce(taskNews(all));
    return answer;
  }

  /** Changes a task inside a transaction of somebody else's, who announces it. */
  async function updateWithin(
    transaction: Transaction,
    asker: Asker,
    taskId: string,
    given: TaskPatch,
    precondition: Precondition,
  ): Promise<Changed> {
    const placed = await replace(transaction, taskId, given);
    const changed = await changeOne(transaction, taskId, (state) => {
      const known = existing(state);
      precondition(known.revision);
      checkTransition(known, given);
      placed.check(known);
      // Who leaves a status as it is says nothing about it: an attempt is not begun twice.
      const fields = given.status === known.status ? { ...given, status: undefined } : given;
      const task = applyTaskChange(known, taskId, fields, versionAfter(known, fields, now()));
      return { ...task, ...dispatchFields(given), waiting_for: placed.waitingFor ?? task.waiting_for };
    });
    await checkAgent(transaction, changed.task.before, given);
    await recordChange(transaction, taskAudit(asker, changed.task));
    return changed;
  }

  async function update(asker: Asker, taskId: string, given: TaskPatch, precondition: Precondition): Promise<Task> {
    const { task, all } = await change('tasks.update', (transaction) =>
      updateWithin(transaction, asker, taskId, given, precondition),
    );
    announce(taskNews(all));
    return taskOf(task.after);
  }

  async function remove(asker: Asker, taskId: string, precondition: Precondition | null): Promise<void> {
    const { all } = await change('tasks.delete', async (transaction) => {
      const removed = await changeOne(transaction, taskId, (state) => {
        const known = existing(state);
        precondition?.(known.revision);
        return deletedTask(known, now());
      });
      // With the row locked: whoever makes another wait for it locks it as well.
      await checkNoDependents(transaction, taskId);
      await recordChange(transaction, taskAudit(asker, removed.task));
      return removed;
    });
    announce(taskNews(all));
  }

  return { create, update, updateWithin, remove };
}
export type TaskChanges = ReturnType<typeof createTaskChanges>;

/**
 * Makes room where the change moves the task to another workflow, or behind other tasks. `check` throws, once the task's
 * row is locked, where it must not move: `task-started` (409), or `busy` (503) where it has moved meanwhile.
 */
async function replace(
  transaction: Transaction,
  taskId: string,
  given: TaskPatch,
): Promise<{ waitingFor: number | null; check: (known: TaskState) => void }> {
  const stays = { waitingFor: null, check: () => undefined };
  if (given.depends_on === undefined && given.workflow_id === undefined) return stays;
  const { rows } = await transaction.query<Pick<TaskState, 'workflow_id' | 'depends_on'>>(
    'select workflow_id, depends_on from tasks where task_id = $1 and deleted_at is null',
    [taskId],
  );
  const [row] = rows;
  if (row === undefined) throw unknownTask();
  const from = { workflowId: row.workflow_id, dependsOn: row.depends_on };
  const to = {
    workflowId: given.workflow_id === undefined ? from.workflowId : given.workflow_id,
    dependsOn: given.depends_on ?? from.dependsOn,
  };
  const waits = !isSameSet(from.dependsOn, to.dependsOn);
  if (from.workflowId === to.workflowId && !waits) return stays;
  const waitingFor = await moveTask(transaction, taskId, from, to);
  return {
    waitingFor,
    check: (known) => {
      if (known.workflow_id !== from.workflowId || !isSameSet(known.depends_on, from.dependsOn)) {
        throw new HttpProblem(503, 'busy', 'somebody else is changing this: try again', { 'retry-after': '1' });
      }
      if (waits && known.status !== 'pending') {
        throw new HttpProblem(409, 'task-started', `depends_on: the task is ${known.status} and waits for nothing any more`);
      }
    },
  };
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each));
}

/** Those of the fields that say how agents are to work on a task. No event carries them, so that the last word counts. */
function dispatchFields(given: TaskPatch): Partial<TaskState> {
  const { capabilities, max_attempts, timeout_seconds, depends_on } = given;
  return Object.fromEntries(
    Object.entries({ capabilities, max_attempts, timeout_seconds, depends_on }).filter(([, value]) => value !== undefined),
  );
}

async function changeOne(
  transaction: Transaction,
  taskId: string,
  change: (before: TaskState | null) => TaskState,
): Promise<Changed> {
  const all = await changeTasks(transaction, [taskId], (_id, before) => change(before));
  const task = all.tasks.find(({ after }) => after.task_id === taskId);
  if (task === undefined) throw new Error(`task ${taskId} was not written`);
  return { task, all };
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
