import { deleteInBatches } from './delete-in-batches.ts';
import type { RetentionContext } from './retention-context.ts';

/** Dead letters go by when they were appended to the log. */
export async function expireDeadLetters({ database, retention, now, signal }: RetentionContext): Promise<number> {
  return await deleteInBatches(
    database,
    `delete from dead_letters where (source, log_offset, position) in
       (select source, log_offset, position from dead_letters where appended_at < $2 order by appended_at limit $1)`,
    [now() - retention.deadLetters],
    signal,
  );
}
