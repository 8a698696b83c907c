import type { LiveRecord } from '@fleetbeat/contracts/live.ts';
import type { EventLog } from './event-log/event-log.ts';
import type { Logger } from './logger.ts';

/**
 * Tells every BFF of what is stored, by the topic `live`. Nobody waits for it: whoever misses a live message reads again,
 * and a log that is away must hold up nothing.
 */
export function tellLive(eventLog: Pick<EventLog, 'append'>, logger: Logger, news: readonly LiveRecord[]): void {
  if (news.length === 0) return;
  const records = news.map((each) => {
    return { topic: 'live' as const, partition: 0, key: null, value: Buffer.from(JSON.stringify(each)), count: 1 };
  });
  eventLog
    .append(records)
    .catch((error: unknown) => logger.warn({ err: error, type: news[0]?.type }, 'a live change was not published'));
}
