import { DEFAULT_PARTITIONS, TOPICS, type Topic } from '@fleetbeat/contracts/events.ts';
import type { Database } from '../database/database.ts';
import type { Logger } from '../logger.ts';
import { availably, createAppendQueue, type AppendLimits } from './append-queue.ts';
import type { EventLog, Partition, PartitionOffsets, Subscription } from './event-log.ts';
import { appendRecords } from './postgres-append.ts';
import { consumeByLease } from './postgres-consume.ts';
import { createLogDirectory } from './postgres-directory.ts';
import { createLogPoller } from './postgres-poll.ts';
import { createSegments } from './postgres-segments.ts';
import { readPartition } from './read-partition.ts';
import { tailReader } from './tail-reader.ts';

const MiB = 1024 * 1024;

const LIMITS: AppendLimits = {
  groupBytes: 8 * MiB,
  partitionBytes: 8 * MiB,
  groupRecords: 2_000,
  queueBytes: 64 * MiB,
  spacingMs: 2,
  deadlineMs: 10_000,
};

/** A segment that has grown so large gets a successor. */
const SEGMENT_BYTES = 256 * MiB;
/** How often an appending process looks at the size of the segments it writes to. Milliseconds. */
const ROLL_CHECK_MS = 5_000;
/** What `expire` keeps falls into so many segments, which is as exact as it gets. */
const SEGMENTS_PER_RETENTION = 16;

export interface PostgresEventLogOptions {
  /** Beyond so many bytes on disk `expire` drops the oldest of a topic, however young. Default 10 GB. */
  readonly maxTopicBytes?: number | undefined;
}

/** The event log in tables of `database`, which stays the caller's to close. */
export function createPostgresEventLog(database: Database, logger: Logger, options: PostgresEventLogOptions = {}): EventLog {
  const maxTopicBytes = options.maxTopicBytes ?? 10e9;
  const directory = createLogDirectory(database);
  const segments = createSegments(database);
  const poller = createLogPoller(segments, logger);
  const queue = createAppendQueue((records) => appendRecords(database, directory, records, LIMITS.deadlineMs), LIMITS);
  const subscriptions = new Set<Subscription>();
  const lastRollCheck = new Map<number, number>();
  let closed = false;

  /** Begins new segments where those just written to have grown large. Never fails an append. */
  function rollWhereLarge(partitions: readonly Partition[]): void {
    const now = performance.now();
    for (const partition of partitions) {
      const log = directory.knownLog(partition);
      if (log === undefined || now - (lastRollCheck.get(log) ?? 0) < ROLL_CHECK_MS) continue;
      lastRollCheck.set(log, now);
      database
        .query('select log_roll($1, $2, $3)', [log, SEGMENT_BYTES, Number.MAX_SAFE_INTEGER])
        .catch((error: unknown) => logger.warn({ err: error, ...partition }, 'beginning a new log segment failed'));
    }
  }

  function remember(subscription: Subscription): Subscription {
    const remembered: Subscription = {
      stop: async () => {
        await subscription.stop();
        subscriptions.delete(remembered);
      },
    };
    subscriptions.add(remembered);
    return remembered;
  }

  async function topicBytes(logs: readonly number[]): Promise<Map<number, number>> {
    const { rows } = await database.query<{ id: number; bytes: number }>(
      `select s.id, coalesce(pg_total_relation_size(to_regclass('event_log.s' || s.id)), 0) as bytes
       from log_segments s where s.log = any($1)`,
      [logs],
    );
    return new Map(rows.map((row) => [row.id, row.bytes]));
  }

  return {
    engine: 'postgres',

    async createTopics() {
      for (const topic of TOPICS) await database.query('select log_create_topic($1, $2)', [topic, DEFAULT_PARTITIONS[topic]]);
    },

    async partitionCount(topic) {
      return (await directory.logs(topic)).length;
    },

    async append(records) {
      for (const record of records) {
        // Refused here, so that one caller's mistake does not fail the group it would share with others.
        if (directory.knownLog(record) === undefined) await availably(directory.log(record));
      }
      await queue.append(records);
      rollWhereLarge(records);
    },

    async consume(group, topics, reader) {
      return remember(await consumeByLease(database, directory, poller, group, topics, reader, logger));
    },

    async tail(topic, onRecords) {
      const logs = await directory.logs(topic);
      const ends = await segments.ends(logs);
      const reader = tailReader(new Map(logs.map((log, partition) => [partition, ends.get(log) ?? 0])), onRecords, logger);
      const stopping = new AbortController();
      const reads = logs.map((log, partition) =>
        readPartition({ topic, partition }, poller.source(log), reader, stopping.signal, logger),
      );
      return remember({
        stop: async () => {
          stopping.abort();
          await Promise.all(reads);
        },
      });
    },

    async commit(group, partition, offset) {
      await database.query(
        `insert into log_commits (group_name, log, next_offset) values ($1, $2, $3)
         on conflict (group_name, log) do update set next_offset = excluded.next_offset, committed_at = clock_timestamp()`,
        [group, await directory.log(partition), offset],
      );
    },

    async offsets(topic): Promise<PartitionOffsets[]> {
      const logs = await directory.logs(topic);
      await segments.refresh();
      const ends = await segments.ends(logs);
      return logs.map((log, partition) => {
        const start = segments.of(log)[0]?.firstOffset ?? 0;
        return { topic, partition, start, end: ends.get(log) ?? start };
      });
    },

    async expire(topic: Topic, keepMs, floor) {
      const logs = await directory.logs(topic);
      for (const log of logs) {
        await database.query('select log_roll($1, $2, $3)', [log, SEGMENT_BYTES, Math.floor(keepMs / SEGMENTS_PER_RETENTION)]);
      }
      await segments.refresh();
      const { rows } = await database.query<{ now: number }>('select log_clock() as now');
      const before = (rows[0]?.now ?? 0) - keepMs;
      const bytes = await topicBytes(logs);
      let surplus = [...bytes.values()].reduce((sum, size) => sum + size, 0) - maxTopicBytes;
      // Oldest first over all partitions, so that what goes for its size is the oldest of the topic.
      const candidates = logs
        .flatMap((log, partition) =>
          segments.of(log).flatMap((segment, i) => {
            const successor = segments.of(log)[i + 1];
            return successor === undefined ? [] : [{ segment, successor, partition }];
          }),
        )
        .sort((a, b) => a.successor.openedMs - b.successor.openedMs || a.segment.id - b.segment.id);
      const stuck = new Set<number>();
      for (const { segment, successor, partition } of candidates) {
        if (stuck.has(partition) || (successor.openedMs > before && surplus <= 0)) continue;
        if (successor.firstOffset > floor(partition)) {
          stuck.add(partition);
          continue;
        }
        try {
          await database.query('select log_drop_segment($1)', [segment.id]);
          surplus -= bytes.get(segment.id) ?? 0;
        } catch (error) {
          stuck.add(partition);
          logger.warn({ err: error, topic, partition }, 'an old log segment is in use, it is dropped another time');
        }
      }
      await segments.refresh();
    },

    async ping() {
      await database.query('select 1 from log_partitions limit 1');
    },

    async close() {
      if (closed) return;
      closed = true;
      await Promise.all([...subscriptions].map((subscription) => subscription.stop()));
      await queue.close();
    },
  };
}
