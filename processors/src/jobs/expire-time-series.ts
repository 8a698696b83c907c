import { type Tier, TIERS } from '@fleetbeat/contracts/aggregates.ts';
import { deleteInBatches } from './delete-in-batches.ts';
import type { RetentionContext } from './retention-context.ts';

/**
 * Rows of each tier beyond its retention. 1 m rows stay while their hour is not compacted, and as long as 10 s rows: they stand for
 * some of those.
 */
export async function expireTimeSeries({ database, timeSeries, retention, now, signal }: RetentionContext): Promise<number> {
  const { rows } = await database.query<{ hour: number | null }>(
    `select min(hour) "hour" from compacted_hours where merged < touched`,
  );
  const oldestOpenHour = rows[0]?.hour ?? Number.POSITIVE_INFINITY;
  for (const tier of Object.keys(TIERS) as Tier[]) {
    signal.throwIfAborted();
    const before = now() - retention[tier];
    await timeSeries.expire(tier, tier === '1m' ? Math.min(before, now() - retention['10s'], oldestOpenHour) : before);
  }
  // Only after the rows that they are about.
  const fine = Math.min(now() - Math.max(retention['10s'], retention['1m']), oldestOpenHour) - TIERS['1h'];
  await deleteInBatches(
    database,
    `delete from hour_versions where (source, hour) in (select source, hour from hour_versions where hour < $2 limit $1)`,
    [fine],
    signal,
  );
  return await deleteInBatches(
    database,
    `delete from compacted_hours where (source, hour) in
       (select source, hour from compacted_hours where hour < $2 and merged >= touched limit $1)`,
    [now() - retention['1h']],
    signal,
  );
}
