import type { Topic } from '@fleetbeat/contracts/events.ts';

/**
 * The event log: topics of partitions of records, each record under a gapless offset.
 *
 * A record is what one request brought for one partition: events as NDJSON, their number in `count`.
 * Anyone may also publish to a topic with a plain client, one JSON event a record.
 */

/** One partition of one topic. */
export interface Partition {
  readonly topic: Topic;
  readonly partition: number;
}

export interface NewRecord extends Partition {
  /** The agent, host or task id, where all events of the record share it. */
  readonly key: string | null;
  readonly value: Uint8Array;
  /** How many events the value holds. */
  readonly count: number;
  /** A control record that only says that time goes on; its value is ignored. */
  readonly tick?: boolean;
  /** The request that brought it, as `requestIdFrom` gives ids. */
  readonly requestId?: string | undefined;
}

export interface LogRecord {
  readonly offset: number;
  /** The log's own clock at the append, epoch milliseconds. */
  readonly appendedAt: number;
  readonly key: string | null;
  readonly value: Buffer;
  /** As declared by the producer; null where it declared none. Never trusted, only a hint. */
  readonly count: number | null;
  readonly tick: boolean;
  /** The request that brought it; undefined where the producer named none. */
  readonly requestId?: string | undefined;
}

/** What a consumer does with the partitions it is given. Calls for one partition never overlap. */
export interface PartitionReader {
  /** Called when a partition is assigned; answers the offset to read from. */
  assigned(partition: Partition): Promise<number>;
  /**
   * Records in order of offset, none below the offset asked for; `endOffset` is one past the log's
   * newest. The next batch comes when the promise resolves. A rejection is logged and the partition
   * is assigned again, so that nothing is skipped. Called with no records at least once a second while a partition is
   * held and idle. The first offset may be higher than the one asked for: the log no longer has the rest.
   */
  records(partition: Partition, records: readonly LogRecord[], endOffset: number): Promise<void>;
  /** Called when a partition is taken away or the subscription stops. */
  revoked(partition: Partition): Promise<void>;
}

export interface Subscription {
  /** Stops reading, calls `revoked` for every partition held and resolves when no call is under way. */
  stop(): Promise<void>;
}

export interface PartitionOffsets extends Partition {
  /** The oldest offset the log still has. */
  readonly start: number;
  /** One past the newest. */
  readonly end: number;
}

export interface EventLog {
  readonly engine: 'kafka' | 'postgres';
  /** Creates the topics that are missing, with the default number of partitions. Safe to call from many processes. */
  createTopics(): Promise<void>;
  /** How many partitions a topic has. */
  partitionCount(topic: Topic): Promise<number>;
  /**
   * Resolves when every record is durable (Kafka: acks from all in-sync replicas; Postgres: committed),
   * in the order given within one partition. Rejects with `LogUnavailable` when it is not known to be; a
   * retry may then append twice, which consumers recognise by the events' ids.
   */
  append(records: readonly NewRecord[]): Promise<void>;
  /**
   * Reads topics as a member of a consumer group: each partition is held by one member at a time,
   * though an old holder may not know yet that it has lost one.
   */
  consume(group: string, topics: readonly Topic[], reader: PartitionReader): Promise<Subscription>;
  /** Reads everything appended to a topic from now on, in every process that asks. */
  tail(topic: Topic, onRecords: (records: readonly LogRecord[]) => void): Promise<Subscription>;
  /** Tells lag tools how far a group has come. Fleetbeat itself starts from its cuts, never from this. */
  commit(group: string, partition: Partition, offset: number): Promise<void>;
  offsets(topic: Topic): Promise<PartitionOffsets[]>;
  /** Deletes what is older than `keepMs`, never past `floor` of a partition (Kafka: the broker does it). */
  expire(topic: Topic, keepMs: number, floor: (partition: number) => number): Promise<void>;
  /** Rejects where the engine cannot be used. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The log did not take the records, or it is not known whether it did. Worth a retry. */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
}
