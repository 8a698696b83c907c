import { deleteInBatches } from './delete-in-batches.ts';
import type { RetentionContext } from './retention-context.ts';

/** Suggestions that wait for nobody any more go by when that began, with what was said about them. */
export function expireOldSuggestions({ database, retention, now, signal }: RetentionContext): Promise<number> {
  return deleteInBatches(
    database,
    `delete from suggestions where id in (
       select id from suggestions
       where status <> 'pending' and coalesce(approved_at, rejected_at, expires_at) < $2 limit $1)`,
    [now() - retention.suggestions],
    signal,
  );
}
