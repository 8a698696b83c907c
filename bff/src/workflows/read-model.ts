import * as z from 'zod';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { Template, Timeline, Workflow, WorkflowStatus } from '@fleetbeat/contracts/workflows.ts';
import { WORKFLOW_COLUMNS, workflowOf, type WorkflowRow } from '@fleetbeat/infra/tasks/workflow-rows.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import { containsPattern, type ReadQuery } from '../http/read-query.ts';
import { TEMPLATE_COLUMNS } from './template-changes.ts';
import { timelineOf, type TimelineTask } from './timeline.ts';

export interface WorkflowFilter {
  status?: WorkflowStatus | undefined;
  template_id?: string | undefined;
  q?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** Tasks that one timeline shows. */
const MAX_ROWS = 1_000;
const POSITION = z.tuple([z.number().int(), z.string()]);

/** Reads workflows, their templates and their history. */
export function createWorkflowsReadModel(query: ReadQuery, now: () => number) {
  async function list(filter: WorkflowFilter): Promise<List<Workflow>> {
    const values: unknown[] = [];
    const place = (value: unknown) => `$${values.push(value)}`;
    const conditions = ['deleted_at is null'];
    for (const field of ['status', 'template_id'] as const) {
      if (filter[field] !== undefined) conditions.push(`${field} = ${place(filter[field])}`);
    }
    if (filter.q !== undefined) {
      const pattern = place(containsPattern(filter.q));
      conditions.push(`(workflow_id ilike ${pattern} or name ilike ${pattern} or description ilike ${pattern})`);
    }
    if (filter.cursor !== undefined) {
      const [at, id] = decodeCursor(filter.cursor, POSITION);
      conditions.push(`(created_at, workflow_id) < (${place(at)}, ${place(id)})`);
    }
    const rows = await query<WorkflowRow>(
      'workflows.list',
      `select ${WORKFLOW_COLUMNS} from workflows where ${conditions.join(' and ')}
       order by created_at desc, workflow_id desc limit ${place(filter.limit + 1)}`,
      values,
    );
    return pageOf(rows, filter.limit, workflowOf, (row) => [row.created_at, row.workflow_id]);
  }

  async function find(workflowId: string): Promise<Workflow | null> {
    const [row] = await query<WorkflowRow>(
      'workflows.find',
      `select ${WORKFLOW_COLUMNS} from workflows where workflow_id = $1 and deleted_at is null`,
      [workflowId],
    );
    return row === undefined ? null : workflowOf(row);
  }

  async function timeline(workflowId: string): Promise<Timeline | null> {
    const workflow = await find(workflowId);
    if (workflow === null) return null;
    const rows = await query<TimelineTask>(
      'workflows.timeline',
      `select t.task_id, t.name, t.status, t.priority, t.agent_id, t.due_date, t.depends_on, t.waiting_for, t.created_at,
         t.started_at, t.completed_at, coalesce(l.spans, '[]') as spans
       from (select * from tasks where workflow_id = $1 and deleted_at is null
             order by coalesce(started_at, 9007199254740991), created_at, task_id limit $2) t
         left join lateral (
           select jsonb_agg(jsonb_build_object('from', claimed_at, 'to', ended_at, 'agent_id', agent_id, 'outcome', outcome)
                            order by claimed_at) as spans
           from task_leases where task_id = t.task_id
         ) l on true
       order by coalesce(t.started_at, 9007199254740991), t.created_at, t.task_id`,
      [workflowId, MAX_ROWS + 1],
    );
    return { ...timelineOf(workflow, rows.slice(0, MAX_ROWS), now()), truncated: rows.length > MAX_ROWS };
  }

  async function templates({ limit, cursor }: { limit: number; cursor?: string | undefined }): Promise<List<Template>> {
    const [at, id] = cursor === undefined ? [Number.MAX_SAFE_INTEGER, ''] : decodeCursor(cursor, POSITION);
    const rows = await query<Template>(
      'templates.list',
      `select ${TEMPLATE_COLUMNS} from workflow_templates
       where deleted_at is null and (created_at, template_id) < ($1, $2)
       order by created_at desc, template_id desc limit $3`,
      [at, id, limit + 1],
    );
    return pageOf(
      rows,
      limit,
      (row) => row,
      (row) => [row.created_at, row.template_id],
    );
  }

  async function template(templateId: string): Promise<Template | null> {
    const [row] = await query<Template>(
      'templates.find',
      `select ${TEMPLATE_COLUMNS} from workflow_templates where template_id = $1 and deleted_at is null`,
      [templateId],
    );
    return row ?? null;
  }

  return { list, find, timeline, templates, template };
}
export type WorkflowsReadModel = ReturnType<typeof createWorkflowsReadModel>;
