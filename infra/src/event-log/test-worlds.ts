import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach } from 'vitest';
import type { Database } from '../database/database.ts';
import { openDatabase } from '../database/open.ts';
import { createLogger } from '../logger.ts';
import { freshDatabase, kafkaBrokers } from '../testing/servers.ts';
import type { EventLog, LogRecord, NewRecord, Partition, PartitionReader } from './event-log.ts';
import { createKafkaEventLog } from './kafka.ts';
import { Kafka } from './kafkajs.ts';
import { createPostgresEventLog } from './postgres.ts';

/** What tests of the event log stand on: a log of their own on a real server, and a reader that takes notes. */

export const logger = createLogger('event-log-test', process.env['TEST_LOG_LEVEL'] ?? 'silent');

/** The partition that tests use where any will do. */
export const PARTITION: Partition = { topic: 'agent-events', partition: 0 };

/** For `vi.waitFor`. */
export const WAIT = { timeout: 30_000, interval: 20 };

/** One log, however many processes have it open. */
export interface World {
  /** As another process would open it, with connections of its own. */
  open(): EventLog;
  destroy(): Promise<void>;
}

export interface PostgresWorld extends World {
  readonly url: string;
  readonly database: Database;
}

export interface KafkaWorld extends World {
  readonly brokers: string[];
  readonly topicPrefix: string;
}

export async function postgresWorld(): Promise<PostgresWorld> {
  const { url, database, drop } = await freshDatabase();
  const pools: Database[] = [];
  return {
    url,
    database,
    open: () => {
      const pool = openDatabase(url, logger);
      pools.push(pool);
      return createPostgresEventLog(pool, logger);
    },
    destroy: async () => {
      await Promise.all(pools.map((pool) => pool.end()));
      await drop();
    },
  };
}

export function kafkaWorld(): Promise<KafkaWorld> {
  const brokers = kafkaBrokers() ?? [];
  const topicPrefix = `test-${randomBytes(6).toString('hex')}-`;
  return Promise.resolve({
    brokers,
    topicPrefix,
    open: () => createKafkaEventLog(brokers, logger, { topicPrefix }),
    destroy: async () => {
      const admin = new Kafka({ brokers, logLevel: 0 }).admin();
      await admin.connect();
      const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(topicPrefix));
      if (topics.length > 0) await admin.deleteTopics({ topics });
      await admin.disconnect();
    },
  });
}

/** A new world for every test of the suite it is called in; logs opened by `log()` are closed after the test. */
export function inWorld<W extends World>(create: () => Promise<W>): { log(): Promise<EventLog>; get(): W } {
  let world: W | undefined;
  let logs: EventLog[] = [];
  const get = (): W => {
    if (world === undefined) throw new Error('only within a test');
    return world;
  };
  beforeEach(async () => {
    world = await create();
    logs = [];
  });
  afterEach(async () => {
    await Promise.all(logs.map((log) => log.close()));
    await world?.destroy();
  });
  return {
    get,
    log: async () => {
      const log = get().open();
      logs.push(log);
      if (logs.length === 1) await log.createTopics();
      return log;
    },
  };
}

export function record(value: string | Buffer, more: Partial<NewRecord> = {}): NewRecord {
  return { ...PARTITION, key: null, value: Buffer.from(value), count: 1, ...more };
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

export interface Recorder extends PartitionReader {
  /** Everything handed over for a partition, in the order it came. */
  of(partition: Partition): LogRecord[];
  offsets(partition: Partition): number[];
  values(partition: Partition): string[];
  /** Partitions assigned and not revoked. */
  held(): string[];
  readonly assignments: Partition[];
  /** Calls without records. */
  idle: number;
  /** The newest `endOffset` told for any partition. */
  endOffset: number;
}

/**
 * A reader that notes what it is given. It starts each partition where it stopped before, or at `start`, and calls
 * `onRecords` first, which may reject. Complains when calls for one partition overlap.
 */
export function recorder(
  options: {
    start?: (partition: Partition) => number;
    onRecords?: (partition: Partition, records: readonly LogRecord[]) => Promise<void>;
  } = {},
): Recorder {
  const taken = new Map<string, LogRecord[]>();
  const next = new Map<string, number>();
  const held = new Set<string>();
  const busy = new Set<string>();
  const keyOf = ({ topic, partition }: Partition) => `${topic}/${partition}`;
  const of = (partition: Partition) => taken.get(keyOf(partition)) ?? [];
  const self: Recorder = {
    assignments: [],
    idle: 0,
    endOffset: 0,
    of,
    offsets: (partition) => of(partition).map(({ offset }) => offset),
    values: (partition) => of(partition).map(({ value }) => value.toString()),
    held: () => [...held].sort(),
    assigned: (partition) => {
      held.add(keyOf(partition));
      self.assignments.push(partition);
      return Promise.resolve(next.get(keyOf(partition)) ?? options.start?.(partition) ?? 0);
    },
    records: async (partition, records, endOffset) => {
      const key = keyOf(partition);
      if (busy.has(key)) throw new Error('calls overlap');
      if (!held.has(key)) throw new Error('records of a partition that is not held');
      busy.add(key);
      try {
        await options.onRecords?.(partition, records);
      } finally {
        busy.delete(key);
      }
      if (records.length === 0) self.idle++;
      self.endOffset = Math.max(self.endOffset, endOffset);
      taken.set(key, [...of(partition), ...records]);
      const newest = records.at(-1);
      if (newest !== undefined) next.set(key, newest.offset + 1);
    },
    revoked: (partition) => {
      held.delete(keyOf(partition));
      return Promise.resolve();
    },
  };
  return self;
}
