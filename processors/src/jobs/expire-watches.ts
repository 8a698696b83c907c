import { deleteInBatches } from './delete-in-batches.ts';
import type { RetentionContext } from './retention-context.ts';

/** Keys that nobody looks at any more. A minute's grace: an expired watch is already ignored by whoever reads it. */
export async function expireWatches({ database, signal }: RetentionContext): Promise<number> {
  return await deleteInBatches(
    database,
    `delete from watches where (set_name, key) in
       (select set_name, key from watches where expires_at < clock_timestamp() - interval '1 minute' limit $1)`,
    [],
    signal,
  );
}
