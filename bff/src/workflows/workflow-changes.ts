import type { LiveRecord } from '@fleetbeat/contracts/live.ts';
import { applyTaskChange, versionAfter } from '@fleetbeat/contracts/task-state.ts';
import type { NewWorkflow, PlannedTask, RunTemplate, Workflow, WorkflowPatch } from '@fleetbeat/contracts/workflows.ts';
import { changesBetween, recordChange, recordChanges, type Asker, type Changes } from '@fleetbeat/infra/audit/record-change.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { lockWorkflow } from '@fleetbeat/infra/tasks/lock-workflow.ts';
import { taskAudit } from '@fleetbeat/infra/tasks/task-audit.ts';
import { taskNews } from '@fleetbeat/infra/tasks/task-news.ts';
import { changeTasks } from '@fleetbeat/infra/tasks/task-rows.ts';
import { WORKFLOW_COLUMNS, workflowOf, type WorkflowRow } from '@fleetbeat/infra/tasks/workflow-rows.ts';
import type { Announce } from '../http/announce.ts';
import type { Change } from '../http/change.ts';
import { once, type IdempotentRequest } from '../http/idempotency.ts';
import type { Precondition } from '../http/if-match.ts';
import { newId } from '../http/new-id.ts';
import { checkPlan, plannedTasks } from './plan-tasks.ts';
import { findTemplate } from './template-changes.ts';

interface Effects {
  change: Change;
  announce: Announce;
  now: () => number;
}

interface Head {
  readonly workflowId: string;
  readonly name: string;
  readonly description: string | null;
  readonly templateId: string | null;
}

/** Changes workflows as people ask for it, each time together with the audit log. Throws problems. */
export function createWorkflowChanges({ change, announce, now }: Effects) {
  async function make(
    transaction: Transaction,
    asker: Asker,
    head: Head,
    plan: readonly PlannedTask[],
  ): Promise<{ workflow: Workflow; news: LiveRecord[] }> {
    const at = now();
    const { rows } = await transaction.query<WorkflowRow>(
      `insert into workflows (workflow_id, name, description, template_id, created_at, created_by, changed_at)
       values ($1, $2, $3, $4, $5, $6, $5) on conflict do nothing returning ${WORKFLOW_COLUMNS}`,
      [head.workflowId, head.name, head.description, head.templateId, at, asker.actor.id],
    );
    const [row] = rows;
    if (row === undefined) throw new HttpProblem(409, 'workflow-exists', 'there is or was a workflow of this id');
    const planned = plannedTasks(plan, head.workflowId, asker.actor.id, at, () => newId(at));
    const changed = await changeTasks(transaction, planned.keys(), (id) => planned.get(id) ?? null);
    const workflow = changed.workflows[0] ?? workflowOf(row);
    await record(
      transaction,
      asker,
      'created',
      head.workflowId,
      changesBetween(null, workflow, ['name', 'description', 'template_id']),
    );
    await recordChanges(
      transaction,
      changed.tasks.map((task) => taskAudit(asker, task)),
    );
    const news = taskNews({ ...changed, workflows: [workflow] });
    return { workflow, news };
  }

  async function create(asker: Asker, input: NewWorkflow, request: IdempotentRequest | null): Promise<Workflow> {
    checkPlan(input.tasks);
    const { workflow_id: workflowId = newId(now()), name, description } = input;
    return tell('workflows.create', request, (transaction) =>
      make(transaction, asker, { workflowId, name, description, templateId: null }, input.tasks),
    );
  }

  /** Starts a run of a template: the workflow and all its tasks, or nothing. */
  async function run(asker: Asker, templateId: string, input: RunTemplate, request: IdempotentRequest | null): Promise<Workflow> {
    return tell('workflows.run', request, async (transaction) => {
      const template = await findTemplate(transaction, templateId, 'share');
      const { workflow_id: workflowId = newId(now()), name = template.name } = input;
      return make(transaction, asker, { workflowId, name, description: template.description, templateId }, template.tasks);
    });
  }

  async function tell(
    name: string,
    request: IdempotentRequest | null,
    work: (transaction: Transaction) => Promise<{ workflow: Workflow; news: LiveRecord[] }>,
  ): Promise<Workflow> {
    let news: LiveRecord[] = [];
    const { answer } = await change(name, (transaction) =>
      once(transaction, request, async () => {
        const made = await work(transaction);
        ({ news } = made);
        return made.workflow;
      }),
    );
    announce(news);
    return answer;
  }

  async function patch(asker: Asker, id: string, given: WorkflowPatch, precondition: Precondition | null): Promise<Workflow> {
    const workflow = await change('workflows.update', async (transaction) => {
      const before = await lock(transaction, id);
      precondition?.(before.revision);
      const { rows } = await transaction.query<WorkflowRow>(
        `update workflows set name = $2, description = $3, revision = revision + 1 where workflow_id = $1
         returning ${WORKFLOW_COLUMNS}`,
        [id, given.name ?? before.name, given.description === undefined ? before.description : given.description],
      );
      const after = workflowOf(rows[0] ?? before);
      await record(transaction, asker, 'updated', id, changesBetween(workflowOf(before), after, ['name', 'description']));
      return after;
    });
    announce([{ type: 'workflow_update', data: workflow }]);
    return workflow;
  }

  /** Cancels a workflow and whatever of its tasks has not ended. Asked again, nothing changes. */
  async function cancel(asker: Asker, id: string): Promise<Workflow> {
    const { workflow, news } = await change('workflows.cancel', async (transaction) => {
      await lockWorkflow(transaction, id, 'exclusive');
      const { rows: left } = await transaction.query<{ task_id: string }>(
        `select task_id from tasks where workflow_id = $1 and deleted_at is null and status in ('pending', 'in_progress')`,
        [id],
      );
      const at = now();
      const changed = await changeTasks(
        transaction,
        left.map((row) => row.task_id),
        (taskId, task) => {
          if (task === null || (task.status !== 'pending' && task.status !== 'in_progress')) return null;
          const fields = { status: 'cancelled' as const };
          return applyTaskChange(task, taskId, fields, versionAfter(task, fields, at));
        },
      );
      // Its row comes last, as for whoever completes a task.
      const before = await lock(transaction, id);
      const { rows } = await transaction.query<WorkflowRow>(
        `update workflows set cancelled_at = coalesce(cancelled_at, $2),
           changed_at = case when cancelled_at is null then $2 else changed_at end, revision = revision + 1
         where workflow_id = $1 returning ${WORKFLOW_COLUMNS}`,
        [id, at],
      );
      const after = workflowOf(rows[0] ?? before);
      if (before.status !== after.status) {
        await record(transaction, asker, 'updated', id, changesBetween(workflowOf(before), after, ['status']));
      }
      await recordChanges(
        transaction,
        changed.tasks.map((task) => taskAudit(asker, task)),
      );
      return { workflow: after, news: taskNews({ ...changed, workflows: [after] }) };
    });
    announce(news);
    return workflow;
  }

  /** Takes a workflow that is over off the list; its tasks stay. */
  async function remove(asker: Asker, id: string, precondition: Precondition | null): Promise<void> {
    await change('workflows.delete', async (transaction) => {
      await lockWorkflow(transaction, id, 'exclusive');
      const row = await lock(transaction, id);
      precondition?.(row.revision);
      const before = workflowOf(row);
      if (row.pending + row.waiting + row.in_progress > 0) {
        throw new HttpProblem(409, 'workflow-running', 'some of its tasks have not ended: cancel it first');
      }
      await transaction.query('update workflows set deleted_at = $2, revision = revision + 1 where workflow_id = $1', [
        id,
        now(),
      ]);
      await record(transaction, asker, 'deleted', id, changesBetween(before, null, ['name', 'description', 'status']));
    });
  }

  return { create, run, patch, cancel, remove };
}
export type WorkflowChanges = ReturnType<typeof createWorkflowChanges>;

async function lock(transaction: Transaction, workflowId: string): Promise<WorkflowRow> {
  const { rows } = await transaction.query<WorkflowRow>(
    `select ${WORKFLOW_COLUMNS} from workflows where workflow_id = $1 and deleted_at is null for update`,
    [workflowId],
  );
  const [row] = rows;
  if (row === undefined) throw unknownWorkflow();
  return row;
}

export function unknownWorkflow(): HttpProblem {
  return new HttpProblem(404, 'unknown-workflow', 'there is no workflow of this id');
}

function record(
  transaction: Transaction,
  asker: Asker,
  action: 'created' | 'updated' | 'deleted',
  entityId: string,
  changes: Changes,
): Promise<void> {
  return recordChange(transaction, { entityType: 'workflow', entityId, action, ...asker, changes });
}
