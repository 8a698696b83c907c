import { EVENT_TOPICS, type EventTopic } from '@fleetbeat/contracts/events.ts';
import { ndjson } from '@fleetbeat/contracts/testing.ts';
import { loadConfig } from '@fleetbeat/infra/config.ts';
import { inTransaction } from '@fleetbeat/infra/database/database.ts';
import type { EventLog } from '@fleetbeat/infra/event-log/event-log.ts';
import { partitionOf } from '@fleetbeat/infra/event-log/murmur2.ts';
import { createPostgresEventLog } from '@fleetbeat/infra/event-log/postgres.ts';
import { kafkaWorld } from '@fleetbeat/infra/event-log/test-worlds.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { addRecompute, type HourRange } from '@fleetbeat/infra/recompute/recompute-rows.ts';
import { freshDatabase, influxServer, kafkaBrokers } from '@fleetbeat/infra/testing/servers.ts';
import { openTimeSeries } from '@fleetbeat/infra/time-series/open.ts';
import { expect } from 'vitest';
import { createCutStore } from '../engine/cut-store.ts';
import type { Reduction } from '../engine/cut.ts';
import { runProcessor, type Processor } from '../engine/run-processor.ts';
import { SourceProcessor } from '../engine/source-processor.ts';
import { beginAttempt, type Attempt } from './attempt.ts';
import type { RecomputeParts } from './run-recompute.ts';

/** For tests: a log, a store and processors whose computation the test chooses. */

const influx = influxServer();

export const DEPLOYMENTS = [
  { name: 'Postgres alone', cluster: false, absent: false },
  { name: 'Kafka and InfluxDB', cluster: true, absent: kafkaBrokers() === null || influx?.org !== undefined || influx === null },
] as const;

export type Reductions = Readonly<Record<EventTopic, () => Reduction>>;

export type Installation = Awaited<ReturnType<typeof openInstallation>>;

export async function openInstallation(cluster: boolean) {
  const { database, url, drop } = await freshDatabase();
  const logger = createLogger('recompute-test', 'error');
  const bucket = new URL(url).pathname.slice(1);
  const kafka = cluster ? await kafkaWorld() : null;
  const config = loadConfig({
    DATABASE_URL: url,
    ...(cluster ? { INFLUX_URL: influx?.url, INFLUX_TOKEN: influx?.token, INFLUX_BUCKET: bucket } : {}),
  });
  const eventLog: EventLog = kafka === null ? createPostgresEventLog(database, logger) : kafka.open();
  const timeSeries = openTimeSeries(config, database, logger);
  await eventLog.createTopics();
  const cuts = createCutStore(database, timeSeries, 'test');

  return {
    url,
    database,
    eventLog,
    timeSeries,
    logger,

    parts: (reduce: Reductions): RecomputeParts => ({ database, eventLog, timeSeries, logger, reduce }),

    /** Processors that cut often. */
    process(reduce: Reductions): Promise<Processor> {
      const effects = {
        cuts,
        eventLog,
        logger,
        open: (topic: EventTopic, partition: number) =>
          SourceProcessor.open(topic, partition, {
            cuts,
            reduce: reduce[topic],
            now: Date.now,
            times: { longest: 400, idle: 150, ticksOnly: 400 },
            horizon: 2 ** 22,
            onReplayDiffers: () => expect.unreachable('a claimed cut gave other counts when it was read again'),
          }),
      };
      return runProcessor(effects);
    },

    /** Appends events of one key as one record. */
    async publish(topic: EventTopic, key: string, events: readonly object[]): Promise<void> {
      const partition = partitionOf(key, await eventLog.partitionCount(topic));
      await eventLog.append([{ topic, partition, key, value: ndjson(events), count: events.length }]);
    },

    /** Waits until stored cuts account for everything in the log. */
    async settled(): Promise<void> {
      const behind = async (): Promise<number> => {
        let records = 0;
        for (const topic of EVENT_TOPICS) {
          for (const { partition, end } of await eventLog.offsets(topic)) {
            const { rows } = await database.query<{ stored: number }>(
              `select coalesce(max(end_offset), 0) as stored from cuts c join sources s on s.id = c.source
               where s.topic = $1 and s.partition = $2 and stored_at is not null`,
              [topic, partition],
            );
            records += end - (rows[0]?.stored ?? 0);
          }
        }
        return records;
      };
      await expect.poll(behind, { timeout: 40_000, interval: 100 }).toBe(0);
    },

    /** Asks for a recompute and begins it. */
    async begin(range: HourRange): Promise<Attempt> {
      const id = await inTransaction(database, (transaction) =>
        addRecompute(transaction, { origin: 'command', range, requestedBy: 'test' }),
      );
      const attempt = await beginAttempt(database, id);
      if (attempt === null) throw new Error('nothing to begin');
      return attempt;
    },

    async close(): Promise<void> {
      await eventLog.close();
      await timeSeries.close();
      if (cluster) {
        await fetch(`${influx?.url}/query`, { method: 'POST', body: new URLSearchParams({ q: `DROP DATABASE "${bucket}"` }) });
      }
      await kafka?.destroy();
      await drop();
    },
  };
}
