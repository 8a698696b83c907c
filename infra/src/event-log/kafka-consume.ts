import type { Topic } from '@fleetbeat/contracts/events.ts';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { Logger } from '../logger.ts';
import type { Partition, PartitionReader, Subscription } from './event-log.ts';
import { removeEndedMembers } from './kafka-ended-members.ts';
import { KafkaPartitionQueue } from './kafka-partition-queue.ts';
import { pause, readPartition } from './read-partition.ts';

const MiB = 1024 * 1024;
/** A consumer whose fetch loop has not been heard of for so long is replaced. Milliseconds. */
const STUCK_MS = 60_000;
const WATCH_MS = 5_000;
const FIRST_BACKOFF_MS = 500;
/** Added to what the consumer's own tries take, and every second of it is one in which events are not seen after an outage. */
const LONGEST_BACKOFF_MS = 2_000;
/** How long leaving a group may take, where the broker does not answer. Milliseconds. */
const LEAVE_MS = 5_000;
const COMMIT_MS = 10_000;

interface Holding {
  readonly partition: Partition;
  readonly queue: KafkaPartitionQueue;
  readonly stop: AbortController;
}

export interface KafkaSubscription extends Subscription {
  readonly group: string;
  holds(partition: Partition): boolean;
  /** Tells the broker how far a partition that is held has been read. */
  commit(partition: Partition, offset: number): Promise<void>;
}

/**
 * Reads topics as a member of a Kafka consumer group. kafkajs fetches and keeps the membership; what it fetched
 * waits in a queue per partition, so that neither heartbeats nor other partitions wait for a reader. Readers
 * keep their partitions across a rejoin and while the broker is away.
 */
export function consumeFromKafka(
  kafka: Kafka,
  topicPrefix: string,
  group: string,
  topics: readonly Topic[],
  reader: PartitionReader,
  bounds: (partition: Partition) => Promise<{ start: number; end: number }>,
  logger: Logger,
): KafkaSubscription {
  const held = new Map<string, Holding>();
  const ending = new Set<Promise<void>>();
  let assignment: Partition[] = [];
  let consumer: Consumer | undefined;
  let lastFetch = performance.now();
  let away = false;
  const stopping = new AbortController();
  /** Readers are being stopped; the consumer itself goes after them. */
  let closing = false;

  const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`;

  /** Calls of a consumer that has no group at the moment throw; the next join repeats what they were about. */
  function steer(action: (running: Consumer) => void): void {
    try {
      if (consumer !== undefined) action(consumer);
    } catch (error) {
      logger.debug({ err: error, group }, 'the consumer could not be steered');
    }
  }

  function start(partition: Partition): Holding {
    const topic = topicPrefix + partition.topic;
    const stop = new AbortController();
    const queue = new KafkaPartitionQueue({
      seek: (offset) => steer((running) => running.seek({ topic, partition: partition.partition, offset: String(offset) })),
      pause: () => steer((running) => running.pause([{ topic, partitions: [partition.partition] }])),
      resume: () => steer((running) => running.resume([{ topic, partitions: [partition.partition] }])),
      bounds: () => bounds(partition),
    });
    const holding: Holding = { partition, queue, stop };
    held.set(keyOf(topic, partition.partition), holding);
    const done = readPartition(partition, queue, reader, stop.signal, logger).then(() => {
      ending.delete(done);
      held.delete(keyOf(topic, partition.partition));
      logger.info({ group, ...partition }, 'partition given up');
      // It may have come back while its last reader was still finishing.
      if (!closing) reconcile();
    });
    ending.add(done);
    logger.info({ group, ...partition }, 'partition taken');
    return holding;
  }

  /** Starts and stops readers so that they match the assignment. */
  function reconcile(): void {
    const wanted = new Set(assignment.map(({ topic, partition }) => keyOf(topicPrefix + topic, partition)));
    for (const [key, { stop }] of held) {
      if (!wanted.has(key)) stop.abort();
    }
    for (const partition of assignment) {
      const holding = held.get(keyOf(topicPrefix + partition.topic, partition.partition)) ?? start(partition);
      holding.queue.rejoin();
    }
  }

  function take(payload: EachBatchPayload): Promise<void> {
    const holding = held.get(keyOf(payload.batch.topic, payload.batch.partition));
    if (holding !== undefined && !holding.stop.signal.aborted) holding.queue.offer(payload);
    return Promise.resolve();
  }

  /** Said once an outage: a new consumer every few seconds may fail in the same way. */
  function failed(error: unknown): void {
    if (stopping.signal.aborted) return;
    logger[away ? 'debug' : 'warn']({ err: error, group }, 'the consumer failed, it is replaced until one works');
    away = true;
  }

  /** Where it fails, the broker still finds out by itself that they have gone. */
  async function removeEnded(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const patience = AbortSignal.any([signal, AbortSignal.timeout(LEAVE_MS)]);
    await within(LEAVE_MS, removeEndedMembers(kafka, group, patience, logger)).catch((error: unknown) =>
      logger.debug({ err: error, group }, 'it is not known whether members of the group have ended'),
    );
  }

  /** One life of a consumer: until it crashes, is stuck or the subscription stops. */
  async function live(): Promise<void> {
    const current = kafka.consumer({
      groupId: group,
      // Heartbeats never wait for a reader, so a member that is silent for so long is gone. When somebody joins, the
      // others wait for it no longer than the rebalance timeout; that they must rejoin they hear with a heartbeat.
      sessionTimeout: 10_000,
      rebalanceTimeout: 4_000,
      heartbeatInterval: 750,
      minBytes: 1,
      maxBytes: 16 * MiB,
      maxBytesPerPartition: 4 * MiB,
      maxWaitTimeInMs: 100,
      allowAutoTopicCreation: false,
      // Crashes end this life; the next one starts with new connections.
      retry: { retries: 5, initialRetryTime: 200, maxRetryTime: 2_000, restartOnFailure: () => Promise.resolve(false) },
    });
    const over = new AbortController();
    const end = () => over.abort();
    stopping.signal.addEventListener('abort', end);
    current.on('consumer.crash', ({ payload }) => {
      failed(payload.error);
      end();
    });
    current.on('consumer.fetch', () => {
      lastFetch = performance.now();
    });
    current.on('consumer.group_join', ({ payload }) => {
      if (away) logger.info({ group }, 'the consumer has joined its group again');
      away = false;
      if (closing) return;
      assignment = topics.flatMap((topic) =>
        (payload.memberAssignment[topicPrefix + topic] ?? []).map((partition) => ({ topic, partition })),
      );
      reconcile();
    });
    current.on('consumer.start_batch_process', ({ payload }) => {
      if (payload.batchSize > 0) return;
      held.get(keyOf(payload.topic, payload.partition))?.queue.skip(Number(payload.firstOffset), Number(payload.lastOffset));
    });
    consumer = current;
    lastFetch = performance.now();
    try {
      await current.connect();
      await current.subscribe({ topics: topics.map((topic) => topicPrefix + topic), fromBeginning: true });
      await Promise.all([
        current.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: take }),
        removeEnded(over.signal),
      ]);
      while (!over.signal.aborted) {
        await pause(WATCH_MS, over.signal);
        await removeEnded(over.signal);
        if (performance.now() - lastFetch > STUCK_MS) throw new Error(`the consumer has not fetched for ${STUCK_MS / 1000} s`);
      }
    } finally {
      stopping.signal.removeEventListener('abort', end);
      consumer = undefined;
      await within(LEAVE_MS, current.disconnect()).catch((error: unknown) =>
        logger.debug({ err: error, group }, 'leaving the consumer group failed'),
      );
    }
  }

  async function keepAlive(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      const began = performance.now();
      try {
        await live();
      } catch (error) {
        failed(error);
      }
      failures = performance.now() - began > STUCK_MS ? 0 : Math.min(failures + 1, 10);
      await pause(Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures), stopping.signal);
    }
  }

  const alive = keepAlive();
  let stopped: Promise<void> | undefined;

  async function stop(): Promise<void> {
    closing = true;
    // Readers first: the partitions are given back when nobody works on them any more.
    for (const holding of held.values()) holding.stop.abort();
    await Promise.all(ending);
    stopping.abort();
    await within(2 * LEAVE_MS, alive).catch(() => logger.warn({ group }, 'the consumer did not end in time, it is left behind'));
  }

  return {
    group,
    holds: ({ topic, partition }) => held.has(keyOf(topicPrefix + topic, partition)),
    async commit({ topic, partition }, offset) {
      if (consumer === undefined) throw new Error(`the group ${group} is not joined at the moment`);
      await within(COMMIT_MS, consumer.commitOffsets([{ topic: topicPrefix + topic, partition, offset: String(offset) }]));
    },
    stop: () => (stopped ??= stop()),
  };
}

/** Settles as `work` does, or rejects after `ms` milliseconds. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
