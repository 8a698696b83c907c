import { EVENT_TOPICS, INTERNAL_TOPICS } from '@fleetbeat/contracts/events.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import type { RetentionContext } from './retention-context.ts';

/** Open partials and changes are of no use to anybody after an hour. */
const KEEP_INTERNAL_MS = 3_600_000;

/** Old records of the log; those of events never before a stored cut has read them. */
export async function expireEventLog({ database, eventLog, retention, signal }: RetentionContext): Promise<number> {
  for (const topic of INTERNAL_TOPICS) {
    signal.throwIfAborted();
    await eventLog.expire(topic, KEEP_INTERNAL_MS, () => Number.POSITIVE_INFINITY);
  }
  for (const topic of EVENT_TOPICS) {
    signal.throwIfAborted();
    const floors = await storedOffsets(database, topic);
    await eventLog.expire(topic, retention.log, (partition) => floors.get(partition) ?? 0);
  }
  return 0;
}

/** By partition: one past the last offset below which every cut is stored. */
export async function storedOffsets(database: Database, topic: string): Promise<Map<number, number>> {
  const { rows } = await database.query<{ partition: number; stored: number }>(
    `select s.partition,
       coalesce(
         (select min(c.first_offset) from cuts c where c.source = s.id and c.stored_at is null),
         (select c.end_offset from cuts c where c.source = s.id order by c.seq desc limit 1),
         0) stored
     from sources s where s.topic = $1`,
    [topic],
  );
  return new Map(rows.map(({ partition, stored }) => [partition, stored]));
}
