import { migrate } from '@fleetbeat/infra/database/migrate.ts';
import { openDatabase } from '@fleetbeat/infra/database/open.ts';
import type { EventLog } from '@fleetbeat/infra/event-log/event-log.ts';
import { createKafkaEventLog } from '@fleetbeat/infra/event-log/kafka.ts';
import { createPostgresEventLog } from '@fleetbeat/infra/event-log/postgres.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { startBenchServers } from './bench-servers.ts';

const PARTITIONS = 4;
const EVENT_BYTES = 300;
const SECONDS = 5;
/** Events in a record, and how many callers append at once. */
const SHAPES = [
  { events: 500, callers: 8 },
  { events: 25, callers: 64 },
] as const;

/** Both event logs by themselves: events a second appended and read back, and this process' CPU for it, microseconds an event. */
export async function benchEventLog(): Promise<Record<string, number>> {
  const logger = createLogger('bench', 'error');
  const servers = await startBenchServers();
  const database = openDatabase(servers.databaseUrl, logger);
  const figures: Record<string, number> = {};
  try {
    await migrate(database);
    const logs: EventLog[] = [createPostgresEventLog(database, logger)];
    if (servers.brokers !== null) logs.push(createKafkaEventLog(servers.brokers, logger));
    for (const log of logs) {
      await log.createTopics();
      for (const { events, callers } of SHAPES) {
        const name = `event_log_${log.engine}_${events}`;
        const starts = new Map((await log.offsets('agent-events')).map(({ partition, end }) => [partition, end]));
        const appended = await measure(() => appendFor(log, SECONDS * 1_000, events, callers));
        const read = await measure(() => readBack(log, name, starts, appended.events));
        figures[`${name}_append_events_per_s`] = appended.perSecond;
        figures[`${name}_append_cpu_us`] = appended.cpuMicros;
        figures[`${name}_read_events_per_s`] = read.perSecond;
        figures[`${name}_read_cpu_us`] = read.cpuMicros;
      }
      await log.close();
    }
    return figures;
  } finally {
    await database.end();
    await servers.stop();
  }
}

async function measure(work: () => Promise<number>): Promise<{ events: number; perSecond: number; cpuMicros: number }> {
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  const events = await work();
  const seconds = (performance.now() - began) / 1_000;
  const cpu = process.cpuUsage(cpuBefore);
  return { events, perSecond: events / seconds, cpuMicros: (cpu.user + cpu.system) / events };
}

/** Callers that each append one record after the other, as requests of a gateway do. */
async function appendFor(log: EventLog, ms: number, eventsPerRecord: number, callers: number): Promise<number> {
  const event = JSON.stringify({ agent_id: 'agent-000001', message_type: 'agent_response', content: '' });
  const line = event.replace('""', `"${'x'.repeat(EVENT_BYTES - event.length - 1)}"`);
  const value = Buffer.from(`${line}\n`.repeat(eventsPerRecord));
  const end = performance.now() + ms;
  let events = 0;
  const appendUntilEnd = async (caller: number) => {
    while (performance.now() < end) {
      await log.append([{ topic: 'agent-events', partition: caller % PARTITIONS, key: null, value, count: eventsPerRecord }]);
      events += eventsPerRecord;
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => appendUntilEnd(caller)));
  return events;
}

async function readBack(log: EventLog, group: string, starts: ReadonlyMap<number, number>, wanted: number): Promise<number> {
  let events = 0;
  let finished: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (finished = resolve));
  const subscription = await log.consume(group, ['agent-events'], {
    assigned: ({ partition }) => Promise.resolve(starts.get(partition) ?? 0),
    records: (_, records) => {
      for (const record of records) events += record.count ?? 0;
      if (events >= wanted) finished();
      return Promise.resolve();
    },
    revoked: () => Promise.resolve(),
  });
  await all;
  await subscription.stop();
  return events;
}
