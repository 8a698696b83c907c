import type { RetentionContext } from './retention-context.ts';

/** Longer than any read takes that has begun before the rows were replaced. */
const KEPT_FOR = '30 minutes';

/** Drops rows of recomputed hours that no reader asks for any more. Answers of how many runs of rows. */
export async function dropReplacedRows({ database, timeSeries, signal }: RetentionContext): Promise<number> {
  const { rows } = await database.query<{ id: number; version: number; from_ms: number; to_ms: number }>(
    `select id, version, from_ms, to_ms from replaced_rows where replaced_at < clock_timestamp() - interval '${KEPT_FOR}' order by id`,
  );
  for (const { id, version, from_ms: from, to_ms: to } of rows) {
    signal.throwIfAborted();
    await timeSeries.drop(version, from, to);
    await database.query('delete from replaced_rows where id = $1', [id]);
  }
  return rows.length;
}
