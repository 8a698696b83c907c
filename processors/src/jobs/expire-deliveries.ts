import { deleteInBatches } from './delete-in-batches.ts';
import type { RetentionContext } from './retention-context.ts';

/** Deliveries that are over are kept for 30 days, as what they told is. */
const KEEP_MS = 30 * 86_400_000;

export function expireDeliveries({ database, now, signal }: RetentionContext): Promise<number> {
  return deleteInBatches(
    database,
    `delete from deliveries where id in (
       select id from deliveries where state in ('delivered', 'dead') and created_at < $2 limit $1)`,
    [now() - KEEP_MS],
    signal,
  );
}
