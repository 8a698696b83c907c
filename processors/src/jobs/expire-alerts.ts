import { deleteInBatches } from './delete-in-batches.ts';
import type { RetentionContext } from './retention-context.ts';

/** Alerts go by when they were resolved, notifications by when they were made, with who has read them. */
export async function expireAlerts({ database, retention, now, signal }: RetentionContext): Promise<number> {
  const before = [now() - retention.alerts];
  const alerts = await deleteInBatches(
    database,
    `delete from alerts where id in (select id from alerts where state = 'resolved' and resolved_at < $2 limit $1)`,
    before,
    signal,
  );
  const notifications = await deleteInBatches(
    database,
    'delete from notifications where id in (select id from notifications where at < $2 limit $1)',
    before,
    signal,
  );
  // Whoever has read up to one that is gone has read nothing that is left.
  await database.query('delete from notification_readers where read_up_to < (select min(id) from notifications)');
  return alerts + notifications;
}
