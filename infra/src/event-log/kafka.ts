import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { DEFAULT_PARTITIONS, EVENT_TOPICS, TOPICS, type Topic } from '@fleetbeat/contracts/events.ts';
import type { Admin, ITopicConfig } from 'kafkajs';
import type { Logger } from '../logger.ts';
import { processName } from '../process-name.ts';
import { availably, createAppendQueue, type AppendLimits } from './append-queue.ts';
import type { EventLog, Partition, PartitionOffsets, Subscription } from './event-log.ts';
import { consumeFromKafka, within, type KafkaSubscription } from './kafka-consume.ts';
import { createKafkaProducer } from './kafka-produce.ts';
import { Kafka, kafkaLogCreator } from './kafkajs.ts';
import { tailReader } from './tail-reader.ts';

const MiB = 1024 * 1024;
const HOUR_MS = 3_600_000;

const LIMITS: AppendLimits = {
  groupBytes: 24 * MiB,
  // One request makes one batch of each partition, which the topic's max.message.bytes bounds.
  partitionBytes: 8 * MiB,
  groupRecords: 2_000,
  queueBytes: 128 * MiB,
  spacingMs: 3,
  deadlineMs: 10_000,
};

const MAX_BATCH_BYTES = 16 * MiB;
/** Topics that only carry what is happening now. */
const INTERNAL_RETENTION_MS = HOUR_MS;
const SEGMENT_BYTES = 256 * MiB;
const ADMIN_TIMEOUT_MS = 15_000;
const ADMIN_RETRY_MS = 250;
const PING_TIMEOUT_MS = 5_000;
/** A broker that does not answer is not waited for. */
const CLOSE_TIMEOUT_MS = 5_000;

export interface KafkaEventLogOptions {
  /** Put before every topic's name and every group's. Default none. */
  readonly topicPrefix?: string | undefined;
  /** How long the broker keeps events, for topics that do not exist yet. Milliseconds; default 48 hours. */
  readonly retentionMs?: number | undefined;
  /** Bytes of a topic beyond which the broker drops the oldest, for topics that do not exist yet. Default 10 GB. */
  readonly maxTopicBytes?: number | undefined;
}

/** The event log on Apache Kafka. */
export function createKafkaEventLog(brokers: readonly string[], logger: Logger, options: KafkaEventLogOptions = {}): EventLog {
  const topicPrefix = options.topicPrefix ?? '';
  const kafkaAs = (clientId: string) =>
    new Kafka({
      brokers: [...brokers],
      clientId,
      connectionTimeout: 3_000,
      requestTimeout: 30_000,
      retry: { retries: 4, initialRetryTime: 200, maxRetryTime: 2_000, multiplier: 2, factor: 0.2 },
      logCreator: kafkaLogCreator(logger),
    });
  const kafka = kafkaAs('fleetbeat');
  // The name of a group's member starts with its client's: it tells others whether the process still runs.
  const consuming = processName().then((name) => kafkaAs(`fleetbeat-${hostname()}-${name}`));
  const producer = createKafkaProducer(brokers, topicPrefix, logger);
  const queue = createAppendQueue((records) => producer.send(records), LIMITS);
  const subscriptions = new Set<Subscription>();
  const partitionCounts = new Map<Topic, number>();
  let connectedAdmin: Promise<Admin> | undefined;
  let closed = false;

  async function connectAdmin(): Promise<Admin> {
    const admin = kafka.admin();
    await admin.connect();
    return admin;
  }

  /** Runs `work` with one shared admin connection, which is replaced after a failure; again where the broker says that may help. */
  async function administer<T>(work: (admin: Admin) => Promise<T>, timeoutMs = ADMIN_TIMEOUT_MS): Promise<T> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const attempt = (connectedAdmin ??= connectAdmin());
      try {
        return await within(deadline - performance.now(), attempt.then(work));
      } catch (error) {
        if (connectedAdmin === attempt) connectedAdmin = undefined;
        attempt.then((admin) => admin.disconnect()).catch(() => undefined);
        if (!isPassing(error) || performance.now() + ADMIN_RETRY_MS >= deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, ADMIN_RETRY_MS));
      }
    }
  }

  async function topicOffsets(topic: Topic): Promise<PartitionOffsets[]> {
    const partitions = await administer((admin) => admin.fetchTopicOffsets(topicPrefix + topic));
    return partitions
      .map(({ partition, low, high }) => ({ topic, partition, start: Number(low), end: Number(high) }))
      .sort((a, b) => a.partition - b.partition);
  }

  async function bounds({ topic, partition }: Partition): Promise<{ start: number; end: number }> {
    const found = (await topicOffsets(topic)).find((offsets) => offsets.partition === partition);
    if (found === undefined) throw new RangeError(`the topic ${topic} has no partition ${partition}`);
    return found;
  }

  async function partitionCount(topic: Topic): Promise<number> {
    const known = partitionCounts.get(topic);
    if (known !== undefined) return known;
    const { topics } = await administer((admin) => admin.fetchTopicMetadata({ topics: [topicPrefix + topic] }));
    const count = topics[0]?.partitions.length ?? 0;
    if (count === 0) throw new Error(`the event log has no topic ${topic}`);
    partitionCounts.set(topic, count);
    return count;
  }

  function topicConfig(topic: Topic, brokerCount: number): ITopicConfig {
    const isEvents = EVENT_TOPICS.some((name) => name === topic);
    const partitions = DEFAULT_PARTITIONS[topic];
    const replicas = Math.min(3, brokerCount);
    const settings: Record<string, string | number> = {
      // The log's clock is the broker's, not the producers'.
      'message.timestamp.type': 'LogAppendTime',
      'max.message.bytes': MAX_BATCH_BYTES,
      'cleanup.policy': 'delete',
      'retention.ms': isEvents ? (options.retentionMs ?? 48 * HOUR_MS) : INTERNAL_RETENTION_MS,
      'retention.bytes': Math.floor((options.maxTopicBytes ?? 10e9) / partitions),
      'segment.bytes': SEGMENT_BYTES,
      'segment.ms': isEvents ? HOUR_MS : HOUR_MS / 4,
      // An acknowledged record is on two brokers where there are three.
      'min.insync.replicas': replicas >= 3 ? 2 : 1,
    };
    return {
      topic: topicPrefix + topic,
      numPartitions: partitions,
      replicationFactor: replicas,
      configEntries: Object.entries(settings).map(([name, value]) => ({ name, value: String(value) })),
    };
  }

  async function subscribe(
    group: string,
    topics: readonly Topic[],
    reader: Parameters<EventLog['consume']>[2],
  ): Promise<KafkaSubscription> {
    const subscription = consumeFromKafka(await consuming, topicPrefix, topicPrefix + group, topics, reader, bounds, logger);
    subscriptions.add(subscription);
    return subscription;
  }

  /** A subscription that the log no longer has to stop itself once it is stopped. */
  function remember(subscription: KafkaSubscription): Subscription {
    return {
      stop: async () => {
        await subscription.stop();
        subscriptions.delete(subscription);
        groups.delete(subscription);
      },
    };
  }

  const groups = new Set<KafkaSubscription>();

  return {
    engine: 'kafka',

    async createTopics() {
      await administer(async (admin) => {
        const { brokers: nodes } = await admin.describeCluster();
        await admin.createTopics({ topics: TOPICS.map((topic) => topicConfig(topic, nodes.length)), waitForLeaders: true });
        const existing = await admin.describeConfigs({
          includeSynonyms: false,
          resources: TOPICS.map((topic) => ({ type: 2, name: topicPrefix + topic, configNames: ['message.timestamp.type'] })),
        });
        for (const { resourceName, configEntries } of existing.resources) {
          const type = configEntries.find((entry) => entry.configName === 'message.timestamp.type')?.configValue;
          if (type !== 'LogAppendTime') {
            logger.warn(
              { topic: resourceName, type },
              'this topic keeps the producers’ times; set message.timestamp.type=LogAppendTime',
            );
          }
        }
      });
      // A leader is named before it takes records; one that refuses makes the client send the other partitions' again too.
      for (const topic of TOPICS) await topicOffsets(topic);
    },

    partitionCount,

    async append(records) {
      for (const { topic, partition } of records) {
        // Refused here, so that one caller's mistake does not fail the request it would share with others.
        const count = partitionCounts.get(topic) ?? (await availably(partitionCount(topic)));
        if (partition < 0 || partition >= count) throw new RangeError(`the topic ${topic} has no partition ${partition}`);
      }
      await queue.append(records);
    },

    async consume(group, topics, reader) {
      for (const topic of topics) await partitionCount(topic);
      const subscription = await subscribe(group, topics, reader);
      groups.add(subscription);
      return remember(subscription);
    },

    async tail(topic, onRecords) {
      const ends = new Map((await topicOffsets(topic)).map(({ partition, end }) => [partition, end]));
      return remember(await subscribe(`fleetbeat-tail-${randomUUID()}`, [topic], tailReader(ends, onRecords, logger)));
    },

    async commit(group, partition, offset) {
      const holder = [...groups].find((member) => member.group === topicPrefix + group && member.holds(partition));
      if (holder !== undefined) {
        await holder.commit(partition, offset);
        return;
      }
      // The broker takes this only while the group has no members.
      await administer((admin) =>
        admin.setOffsets({
          groupId: topicPrefix + group,
          topic: topicPrefix + partition.topic,
          partitions: [{ partition: partition.partition, offset: String(offset) }],
        }),
      );
    },

    offsets: (topic) => availably(topicOffsets(topic)),

    expire: () => Promise.resolve(),

    async ping() {
      await administer((admin) => admin.describeCluster(), PING_TIMEOUT_MS);
    },

    async close() {
      if (closed) return;
      closed = true;
      await Promise.all([...subscriptions].map((subscription) => subscription.stop()));
      await queue.close();
      const disconnected = [producer.close()];
      if (connectedAdmin !== undefined) disconnected.push(connectedAdmin.then((admin) => admin.disconnect()));
      await within(CLOSE_TIMEOUT_MS, Promise.allSettled(disconnected)).catch(() => undefined);
    },
  };
}

/** Whether the broker answered that it cannot do this yet: a partition without a leader, just after it was made. */
function isPassing(error: unknown): boolean {
  return error instanceof Error && error.name === 'KafkaJSProtocolError' && 'retriable' in error && error.retriable === true;
}
