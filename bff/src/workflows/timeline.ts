import type { Timeline, Workflow } from '@fleetbeat/contracts/workflows.ts';

type Row = Timeline['rows'][number];
export interface TimelineTask extends Row {
  started_at: number | null;
  completed_at: number | null;
}

/** The Gantt chart of a workflow: an attempt is a bar. Work that agents only told of by events is one bar. */
export function timelineOf(workflow: Workflow, tasks: readonly TimelineTask[], now: number): Omit<Timeline, 'truncated'> {
  const rows = tasks.map(({ started_at: from, completed_at: to, ...row }): Row => {
    if (row.spans.length > 0 || from === null) return row;
    const outcome = row.status === 'pending' || row.status === 'in_progress' ? null : row.status;
    return { ...row, spans: [{ from, to: to === null ? null : Math.max(from, to), agent_id: row.agent_id, outcome }] };
  });
  const spans = rows.flatMap((row) => row.spans);
  const from = spans.reduce((least, span) => Math.min(least, span.from), workflow.started_at ?? workflow.created_at);
  const to = spans.reduce((most, span) => Math.max(most, span.to ?? now), workflow.ended_at ?? now);
  return { workflow, from, to, rows };
}
