import { TIERS } from '@fleetbeat/contracts/aggregates.ts';
import { EVENT_TOPICS, MAX_LATENESS_MS } from '@fleetbeat/contracts/events.ts';
import type { Database } from '../database/database.ts';
import type { EventLog } from '../event-log/event-log.ts';
import { RecomputeRefused, type HourRange } from './recompute-rows.ts';

/** A cut `c` whose events cannot be read from a log that begins at $2; of old ones it is not known which were duplicates. */
const LOST = `c.source = $1 and c.aggregated > 0 and (c.first_offset + c.expired < $2 or (c.duplicates is null and c.duplicate > 0))`;

/** The hour from which on the log still has every event that was counted, and the cuts are kept; epoch milliseconds, 0 where all is. */
export async function firstHourInLog(database: Database, eventLog: Pick<EventLog, 'offsets'>): Promise<number> {
  const pruned = await database.query<{ hour: number }>('select coalesce(max(before_hour), 0) as hour from pruned_cuts');
  let first = pruned.rows[0]?.hour ?? 0;
  for (const topic of EVENT_TOPICS) {
    const starts = new Map((await eventLog.offsets(topic)).map(({ partition, start }) => [partition, start]));
    const { rows: sources } = await database.query<{ id: number; partition: number }>(
      'select id, partition from sources where topic = $1',
      [topic],
    );
    for (const { id, partition } of sources) {
      // Events of one hour come into cuts for a day: none of a cut older than that has a later hour than the newest that is lost.
      const { rows } = await database.query<{ hour: number | null }>(
        `with newest as (select c.last_append_ms as ms from cuts c where ${LOST} order by c.seq desc limit 1)
         select max(h.hour::bigint) as hour from newest, cuts c, jsonb_object_keys(c.hours) h (hour)
         where ${LOST} and c.last_append_ms >= newest.ms - $3::bigint`,
        [id, starts.get(partition) ?? 0, MAX_LATENESS_MS + 2 * TIERS['1h']],
      );
      const lost = rows[0]?.hour ?? null;
      if (lost !== null) first = Math.max(first, lost + TIERS['1h']);
    }
  }
  return first;
}

/** Throws `RecomputeRefused` where the log no longer has all of a range. */
export async function refuseBeyondLog(database: Database, eventLog: Pick<EventLog, 'offsets'>, range: HourRange): Promise<void> {
  const first = await firstHourInLog(database, eventLog);
  if (range.from >= first) return;
  const since = new Date(first).toISOString();
  throw new RecomputeRefused(
    'log-too-short',
    `the log no longer has every event that happened before ${since}: take that as \`from\``,
  );
}
