import type { Workflow } from '@fleetbeat/contracts/workflows.ts';

/** A row of the table workflows, with its counts as columns. */
export interface WorkflowRow extends Omit<Workflow, 'tasks' | 'progress' | 'ended_at'> {
  changed_at: number;
  pending: number;
  waiting: number;
  in_progress: number;
  completed: number;
  failed: number;
  cancelled: number;
}

export const WORKFLOW_COLUMNS = `workflow_id, name, description, status, template_id, created_at, created_by, started_at,
  changed_at, revision, pending, waiting, in_progress, completed, failed, cancelled`;

/** The workflow as the API and live messages show it. */
export function workflowOf(row: WorkflowRow): Workflow {
  const { changed_at: changedAt, pending, waiting, in_progress, completed, failed, cancelled, ...workflow } = row;
  const counted = pending + waiting + in_progress + completed + failed;
  return {
    ...workflow,
    progress: counted === 0 ? 0 : (100 * completed) / counted,
    tasks: { total: counted + cancelled, pending, waiting, in_progress, completed, failed, cancelled },
    ended_at: row.status === 'running' ? null : changedAt,
  };
}
