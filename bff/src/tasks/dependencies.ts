import { findCycle } from '@fleetbeat/contracts/dependency-graph.ts';
import type { TaskState } from '@fleetbeat/contracts/task-state.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { lockWorkflow } from '@fleetbeat/infra/tasks/lock-workflow.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';

/** Where a task is to stand: in which workflow, and after which others. */
export interface Place {
  readonly workflowId: string | null;
  readonly dependsOn: readonly string[];
}

/**
 * Makes room for a new task and answers how many others it waits for. Problems: `unknown-workflow`, `unknown-dependency`
 * (422), `workflow-cancelled` (409).
 */
export async function placeNewTask(transaction: Transaction, { workflowId, dependsOn }: Place): Promise<number> {
  if (workflowId !== null) {
    await lockWorkflow(transaction, workflowId, 'shared');
    await checkWorkflow(transaction, workflowId);
  }
  return countUncompleted(transaction, workflowId, dependsOn);
}

/**
 * Makes room for a task that moves from one place to another, before its row is locked; answers how many tasks it will wait
 * for. Problems: as for a new one, and `cycle` and `has-dependents` (409).
 */
export async function moveTask(transaction: Transaction, taskId: string, from: Place, to: Place): Promise<number> {
  for (const workflowId of [...new Set([from.workflowId, to.workflowId])].sort()) {
    if (workflowId !== null) await lockWorkflow(transaction, workflowId, 'exclusive');
  }
  if (to.workflowId !== from.workflowId) {
    if (to.workflowId !== null) await checkWorkflow(transaction, to.workflowId);
    await checkNoDependents(transaction, taskId);
  }
  const waitingFor = await countUncompleted(transaction, to.workflowId, to.dependsOn);
  if (to.dependsOn.length > 0) {
    const { rows } = await transaction.query<Pick<TaskState, 'task_id' | 'depends_on'>>(
      `select task_id, depends_on from tasks where workflow_id = $1 and deleted_at is null and depends_on <> '{}'`,
      [to.workflowId],
    );
    const edges = new Map(rows.map((row): [string, readonly string[]] => [row.task_id, row.depends_on]));
    const cycle = findCycle(edges.set(taskId, to.dependsOn));
    if (cycle !== null) {
      throw new HttpProblem(409, 'cycle', `depends_on: tasks would wait for each other in a circle: ${cycle.join(' → ')}`);
    }
  }
  return waitingFor;
}

/** Throws the problem `has-dependents` (409) where others wait for a task, so that it cannot go. */
export async function checkNoDependents(transaction: Transaction, taskId: string): Promise<void> {
  const { rows } = await transaction.query<{ task_id: string }>(
    `select task_id from tasks where depends_on && array[$1] and depends_on <> '{}' order by task_id limit 3`,
    [taskId],
  );
  if (rows.length === 0) return;
  const names = rows.map((row) => row.task_id).join(', ');
  throw new HttpProblem(409, 'has-dependents', `other tasks depend on it, such as ${names}: change or delete those first`);
}

async function checkWorkflow(transaction: Transaction, workflowId: string): Promise<void> {
  const { rows } = await transaction.query<{ cancelled_at: number | null }>(
    'select cancelled_at from workflows where workflow_id = $1 and deleted_at is null',
    [workflowId],
  );
  const [workflow] = rows;
  if (workflow === undefined) throw new HttpProblem(422, 'unknown-workflow', 'workflow_id: there is no workflow of this id');
  if (workflow.cancelled_at !== null) {
    throw new HttpProblem(409, 'workflow-cancelled', 'the workflow is cancelled: it takes no more tasks');
  }
}

async function countUncompleted(
  transaction: Transaction,
  workflowId: string | null,
  dependsOn: readonly string[],
): Promise<number> {
  if (dependsOn.length === 0) return 0;
  // Locked: whoever completes one of them meanwhile finds the task that waits for it, or is seen here.
  const { rows } = await transaction.query<Pick<TaskState, 'task_id' | 'status'>>(
    `select task_id, status from tasks where task_id = any($1) and workflow_id = $2 and deleted_at is null
     order by task_id for share`,
    [dependsOn, workflowId],
  );
  const known = new Set(rows.map((row) => row.task_id));
  const unknown = dependsOn.filter((id) => !known.has(id));
  if (unknown.length > 0) {
    throw new HttpProblem(422, 'unknown-dependency', `depends_on: not in the same workflow: ${unknown.slice(0, 3).join(', ')}`);
  }
  return rows.filter(({ status }) => status !== 'completed').length;
}
