import { agentSchema, type Agent } from '@fleetbeat/contracts/api.ts';
import { auditEntrySchema, type AuditEntry } from '@fleetbeat/contracts/audit.ts';
import { taskSchema, type Task } from '@fleetbeat/contracts/tasks.ts';
import { timelineSchema, type Timeline } from '@fleetbeat/contracts/workflows.ts';
import { pages } from '../pages.ts';
import type { Platform } from '../platform.ts';
import type { PlannedWork } from './plan.ts';

/** What the API says of a run after its end. */
export interface FoundWork {
  readonly tasks: readonly Task[];
  /** Of these tasks, the oldest entry first. */
  readonly audit: ReadonlyMap<string, readonly AuditEntry[]>;
  readonly timelines: readonly Timeline[];
  readonly agents: readonly Agent[];
}

/** Reads whatever was made since `from` (epoch ms) under the run's name. */
export async function readWork(platform: Platform, run: string, plan: PlannedWork, from: number): Promise<FoundWork> {
  const tasks: Task[] = [];
  for await (const task of pages(platform, 'get /tasks', { query: { sort: 'created_at' } }, taskSchema)) {
    // The newest come first; clocks of another machine may be a little behind.
    if (task.created_at < from - 60_000) break;
    if (task.name?.startsWith(`${run} `) === true) tasks.push(task);
  }
  const audit = new Map(tasks.map(({ task_id: id }): [string, AuditEntry[]] => [id, []]));
  const changes = { query: { entity_type: 'task', from: from - 60_000 } } as const;
  for await (const entry of pages(platform, 'get /audit', changes, auditEntrySchema)) {
    audit.get(entry.entity_id)?.unshift(entry);
  }
  const agents: Agent[] = [];
  for await (const agent of pages(platform, 'get /agents', { query: { q: run } }, agentSchema)) agents.push(agent);
  const timelines: Timeline[] = [];
  for (const { name } of plan.workflows) {
    const place = { params: { workflow_id: name } };
    const timeline = await platform.get('get /workflows/{workflow_id}/timeline', place, timelineSchema);
    if (timeline !== null) timelines.push(timeline);
  }
  return { tasks, audit, timelines, agents };
}
