import type { AuditEntry } from '@fleetbeat/contracts/audit.ts';
import type { Task } from '@fleetbeat/contracts/tasks.ts';
import type { Timeline } from '@fleetbeat/contracts/workflows.ts';
import type { Difference } from '../compare.ts';
import type { PlannedTask, PlannedWork } from './plan.ts';
import type { FoundWork } from './read-work.ts';
import type { ToldClaim, WorkLedger } from './work-ledger.ts';

/**
 * Holds what the API says of a run against what was planned and what its agents were told: no task lost or made twice, none
 * done twice, every attempt claimed once, nothing begun before what it waits for, and attempts, audit log, timelines and the
 * agents' totals of one mind.
 */
export function checkWork(plan: PlannedWork, ledger: WorkLedger, found: FoundWork): Difference[] {
  const planned = [...plan.single, ...plan.workflows.flatMap(({ tasks }) => tasks)];
  const byName = new Map<string, Task[]>();
  for (const task of found.tasks) byName.set(task.name ?? '', [...(byName.get(task.name ?? '') ?? []), task]);
  const claims = claimsByTask(ledger);
  return [
    ...ledger.differences,
    ...planned.flatMap((each) => {
      const [task, ...others] = byName.get(each.name) ?? [];
      if (task === undefined || others.length > 0) {
        return [
          { scope: each.name, field: 'tasks of this name', expected: 1, actual: task === undefined ? 0 : 1 + others.length },
        ];
      }
      return [
        ...checkEnd(each, task, ledger),
        ...checkAudit(task, found.audit.get(task.task_id) ?? [], claims.get(task.task_id) ?? []),
        ...checkOrder(each, task, byName),
      ];
    }),
    ...differs(plan.single[0]?.name ?? 'run', 'tasks', planned.length, found.tasks.length),
    ...found.timelines.flatMap((timeline) => checkTimeline(timeline, found.tasks)),
    ...differs('workflows', 'timelines', plan.workflows.length, found.timelines.length),
    ...checkTotals(found),
  ];
}

function checkEnd({ end }: PlannedTask, task: Task, { completed }: WorkLedger): Difference[] {
  const id = task.task_id;
  const told = completed.get(id);
  const differences = differs(id, 'status', end, task.status);
  if (end === 'failed') return [...differences, ...differs(id, 'completions', 0, told === undefined ? 0 : 1)];
  const result = JSON.stringify(task.result);
  if (told !== undefined && JSON.stringify({ attempt: told.attempt, by: told.by }) !== sortedJson(task.result)) {
    differences.push({ scope: id, field: 'result', expected: JSON.stringify(told), actual: result });
  }
  return [...differences, ...differs(id, 'progress', 100, task.progress)];
}

/** The status of a task goes from entry to entry without a break, each attempt begins once, and the end is one. */
function checkAudit(task: Task, entries: readonly AuditEntry[], claims: readonly ToldClaim[]): Difference[] {
  const id = task.task_id;
  const differences = differs(id, 'audit entries of its making', 1, entries.filter(({ action }) => action === 'created').length);
  const holders: unknown[] = [];
  let [status, completions]: [unknown, number] = [null, 0];
  for (const { changes } of entries) {
    const { status: moved, agent_id: agent } = changes;
    if (moved === undefined) continue;
    if (moved.before !== status)
      differences.push(...differs(id, 'status before in the audit log', text(status), text(moved.before)));
    status = moved.after;
    if (status === 'in_progress') holders.push(agent?.after ?? null);
    if (status === 'completed') completions += 1;
  }
  for (const { attempt, agentId } of claims) {
    differences.push(...differs(id, `holder of attempt ${attempt} in the audit log`, agentId, text(holders[attempt - 1])));
  }
  return [
    ...differences,
    ...differs(id, 'last status in the audit log', task.status, text(status)),
    ...differs(id, 'attempts', holders.length, task.attempts),
    ...differs(id, 'completions in the audit log', task.status === 'completed' ? 1 : 0, completions),
  ];
}

function checkOrder({ waitsFor }: PlannedTask, task: Task, byName: ReadonlyMap<string, readonly Task[]>): Difference[] {
  return waitsFor.flatMap((name) => {
    const completedAt = byName.get(name)?.[0]?.completed_at ?? Infinity;
    if (task.started_at !== null && task.started_at >= completedAt) return [];
    return [{ scope: task.task_id, field: `begun after ${name}`, expected: `>= ${completedAt}`, actual: task.started_at }];
  });
}

function checkTimeline({ workflow, rows }: Timeline, tasks: readonly Task[]): Difference[] {
  const attempts = new Map(tasks.map((task) => [task.task_id, task.attempts]));
  return [
    ...differs(workflow.workflow_id, 'status', 'completed', workflow.status),
    ...differs(workflow.workflow_id, 'completed tasks', rows.length, workflow.tasks.completed),
    ...rows.flatMap(({ task_id: id, spans }) => [
      ...differs(id, 'bars in the timeline', attempts.get(id) ?? 0, spans.length),
      ...differs(id, 'bars that completed it', 1, spans.filter(({ outcome }) => outcome === 'completed').length),
      ...differs(id, 'bars without an end', 0, spans.filter(({ to }) => to === null).length),
    ]),
  ];
}

function checkTotals({ agents, tasks }: FoundWork): Difference[] {
  const totals = new Map<string, { total: number; failed: number }>();
  for (const { agent_id: agent, status } of tasks) {
    if (agent === null || (status !== 'completed' && status !== 'failed')) continue;
    const { total, failed } = totals.get(agent) ?? { total: 0, failed: 0 };
    totals.set(agent, { total: total + 1, failed: failed + (status === 'failed' ? 1 : 0) });
  }
  return agents.flatMap((agent) => {
    const { total, failed } = totals.get(agent.agent_id) ?? { total: 0, failed: 0 };
    return [
      ...differs(agent.agent_id, 'total_tasks', total, agent.total_tasks),
      ...differs(agent.agent_id, 'failed_tasks', failed, agent.failed_tasks),
    ];
  });
}

function claimsByTask({ claims }: WorkLedger): Map<string, ToldClaim[]> {
  const byTask = new Map<string, ToldClaim[]>();
  for (const claim of claims.values()) byTask.set(claim.taskId, [...(byTask.get(claim.taskId) ?? []), claim]);
  return byTask;
}

function differs(scope: string, field: string, expected: number | string, actual: number | string): Difference[] {
  return expected === actual ? [] : [{ scope, field, expected, actual }];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

function sortedJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return JSON.stringify(Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))));
}
