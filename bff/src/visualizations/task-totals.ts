import type { Visualizations } from '@fleetbeat/contracts/api.ts';
import type { Labels } from '../http/label-fields.ts';
import type { ReadQuery } from '../http/read-query.ts';
import type { TimeRange } from '../http/time-range.ts';

type Totals = Visualizations['task_totals'];

/** Reads how the tasks went that belong to agents with labels. A task that was begun again counts as it is now. */
export type ReadTaskTotals = (labels: Labels, range: TimeRange) => Promise<Totals>;

export function createReadTaskTotals(query: ReadQuery): ReadTaskTotals {
  return async (labels, { from, to }) => {
    const ended = (status: string) => `count(*) filter (where status = '${status}' and completed_at >= $2 and completed_at < $3)`;
    const [row] = await query<Omit<Totals, 'completion_rate'>>(
      'tasks.totals_of_labels',
      `select count(*) filter (where created_at >= $2 and created_at < $3) as created,
         count(*) filter (where started_at >= $2 and started_at < $3) as started,
         ${ended('completed')} as completed, ${ended('failed')} as failed, ${ended('cancelled')} as cancelled
       from tasks
       where agent_id = any(array(select agent_id from agents where labels @> $1::jsonb)) and updated_at >= $2 and deleted_at is null`,
      [JSON.stringify(labels), from, to],
    );
    const counts = row ?? { created: 0, started: 0, completed: 0, failed: 0, cancelled: 0 };
    const all = counts.completed + counts.failed + counts.cancelled;
    return { ...counts, completion_rate: all === 0 ? null : counts.completed / all };
  };
}
