import { MAX_LATENESS_MS } from '@fleetbeat/contracts/events.ts';
import { deleteInBatches } from './delete-in-batches.ts';
import type { RetentionContext } from './retention-context.ts';

/** A trim goes this far below the limit, so that the next run does not start over at once. */
const TRIM_TO = 0.9;

/** Raw events go by age, and the oldest also where all together are larger than allowed. */
export async function expireRawEvents(context: RetentionContext): Promise<number> {
  const { database, retention, now, signal } = context;
  const deleted = await deleteBefore(context, now() - retention.raw);
  signal.throwIfAborted();

  // The table's size on disk is an upper bound that costs nothing to ask.
  const { rows } = await database.query<{ bytes: number }>(`select pg_total_relation_size('event_blocks') bytes`);
  if ((rows[0]?.bytes ?? 0) <= retention.rawBytes) return deleted;
  const cutoff = await cutoffForBytes(context);
  return cutoff === undefined ? deleted : deleted + (await deleteBefore(context, cutoff));
}

async function deleteBefore({ database, signal }: RetentionContext, before: number): Promise<number> {
  return await deleteInBatches(
    database,
    `delete from event_blocks where (source, seq, agent_id) in
       (select source, seq, agent_id from event_blocks where max_ts < $2 order by max_ts limit $1)`,
    [before],
    signal,
  );
}

/**
 * The time before which blocks must go so that the rest fits, to the hour; undefined where it fits already. What is
 * younger than the accepted lateness stays, whatever its size.
 */
async function cutoffForBytes({ database, retention, logger, now }: RetentionContext): Promise<number | undefined> {
  const { rows } = await database.query<{ hour: number; bytes: number }>(
    `select max_ts / 3600000 "hour", sum(pg_column_size(block) + 100)::bigint bytes
     from event_blocks group by 1 order by 1 desc`,
  );
  const total = rows.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= retention.rawBytes) return undefined;
  let kept = 0;
  for (const { hour, bytes } of rows) {
    kept += bytes;
    if (kept > retention.rawBytes * TRIM_TO) {
      const wanted = (hour + 1) * 3_600_000;
      const allowed = now() - MAX_LATENESS_MS;
      if (wanted > allowed) {
        logger.warn({ bytes: total, limit: retention.rawBytes }, 'the raw events of one day are larger than RETENTION_RAW_BYTES');
      }
      return Math.min(wanted, allowed);
    }
  }
  return undefined;
}
