import type { LiveRecord } from '@fleetbeat/contracts/live.ts';
import type { EventLog } from '@fleetbeat/infra/event-log/event-log.ts';
import type { Logger } from '@fleetbeat/infra/logger.ts';

/**
 * Tells every BFF of a change that is stored, by the topic `live`, as processors do. Nobody waits for it: whoever misses a
 * live message reads again, and a log that is away must not hold up the answer.
 */
export function createAnnounce(eventLog: Pick<EventLog, 'append'>, logger: Logger): (record: LiveRecord) => void {
  return (record) => {
    const value = Buffer.from(JSON.stringify(record));
    eventLog
      .append([{ topic: 'live', partition: 0, key: null, value, count: 1 }])
      .catch((error: unknown) => logger.warn({ err: error, type: record.type }, 'a live change was not published'));
  };
}
