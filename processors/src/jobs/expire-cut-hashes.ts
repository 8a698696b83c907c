import { DEDUPE_HORIZON } from '@fleetbeat/contracts/events.ts';
import { deleteInBatches } from './delete-in-batches.ts';
import type { RetentionContext } from './retention-context.ts';

/** Drops the hashes of cuts behind the duplicate horizon: those with `horizon` newer events of their source. Cuts stay longer: see `expireCuts`. */
export async function expireCutHashes({ database, signal }: RetentionContext, horizon: number = DEDUPE_HORIZON): Promise<number> {
  return await deleteInBatches(
    database,
    `delete from cut_hashes where (source, seq) in (
       select source, seq from (
         select source, seq,
           sum(events) over (partition by source order by seq desc rows between unbounded preceding and 1 preceding) newer
         from cut_hashes
       ) counted
       where newer >= $2
       limit $1)`,
    [horizon],
    signal,
  );
}
