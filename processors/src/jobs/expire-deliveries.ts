import { deleteInBatches } from './delete-in-batches.ts';
import type { RetentionContext } from './retention-context.ts';

/** Deliveries that are over go by when they were made. */
export function expireDeliveries({ database, retention, now, signal }: RetentionContext): Promise<number> {
  return deleteInBatches(
    database,
    `delete from deliveries where id in (
       select id from deliveries where state in ('delivered', 'dead') and created_at < $2 limit $1)`,
    [now() - retention.deliveries],
    signal,
  );
}
