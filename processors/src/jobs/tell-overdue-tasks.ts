import type { LiveRecord } from '@fleetbeat/contracts/live.ts';
import { inTransaction, type Database } from '@fleetbeat/infra/database/database.ts';
import { recordNotification } from '@fleetbeat/infra/notifications/record-notification.ts';

/** Due longer ago than this nobody is told any more, in milliseconds. */
const NEWS_MS = 24 * 3_600_000;
/** Told by one sweep at most. */
const MAX_TOLD = 200;

interface OverdueTask {
  readonly task_id: string;
  readonly name: string | null;
  readonly agent_id: string | null;
  readonly status: string;
  readonly due_date: number;
  readonly key: string;
}

/** Tells in the dashboard which tasks have not ended when they were due: each once, and anew once it has another due date. */
export async function tellOverdueTasks(database: Database, now: number): Promise<LiveRecord[]> {
  return inTransaction(database, async (transaction) => {
    const { rows } = await transaction.query<OverdueTask>(
      `select * from (
         select task_id, name, agent_id, status, due_date, 'task_overdue:' || task_id || ':' || due_date as key from tasks
         where deleted_at is null and status in ('pending', 'in_progress')
           and coalesce(due_date, 9007199254740991) between $1 and $2
       ) overdue
       where not exists (select 1 from notifications n where n.dedup_key = overdue.key)
       order by due_date limit $3`,
      [now - NEWS_MS, now - 1, MAX_TOLD],
    );
    const news: LiveRecord[] = [];
    for (const { task_id: id, name, agent_id: agent, status, key } of rows) {
      const data = await recordNotification(transaction, {
        kind: 'task_overdue',
        subject: { type: 'task', id },
        title: `Overdue: ${name ?? id}`,
        body: status === 'pending' ? 'Nobody has begun it.' : `${agent ?? 'Somebody'} works on it.`,
        at: now,
        dedupKey: key,
      });
      if (data !== null) news.push({ type: 'notification', data });
    }
    return news;
  });
}
