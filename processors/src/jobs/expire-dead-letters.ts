import { deleteInBatches } from './delete-in-batches.ts';
import type { RetentionContext } from './retention-context.ts';

const KEEP_MS = 30 * 24 * 3_600_000;

/** Dead letters stay visible for 30 days. */
export async function expireDeadLetters({ database, now, signal }: RetentionContext): Promise<number> {
  return await deleteInBatches(
    database,
    `delete from dead_letters where (source, log_offset, position) in
       (select source, log_offset, position from dead_letters where appended_at < $2 order by appended_at limit $1)`,
    [now() - KEEP_MS],
    signal,
  );
}
