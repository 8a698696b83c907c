import type { Producer, TopicMessages } from 'kafkajs';
import type { Logger } from '../logger.ts';
import type { NewRecord } from './event-log.ts';
import { Kafka, kafkaLogCreator, Partitioners } from './kafkajs.ts';

/** Whoever waits has been told that the outcome is unknown by then; see the append queue's deadline. Milliseconds. */
const REQUEST_TIMEOUT_MS = 9_000;

export const COUNT_HEADER = 'count';
export const TICK_HEADER = 'tick';
export const REQUEST_HEADER = 'request_id';

export interface KafkaProducer {
  /** Resolves when all in-sync replicas have every record. */
  send(records: readonly NewRecord[]): Promise<void>;
  close(): Promise<void>;
}

export function createKafkaProducer(brokers: readonly string[], topicPrefix: string, logger: Logger): KafkaProducer {
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId: 'fleetbeat',
    connectionTimeout: 3_000,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: { retries: 3, initialRetryTime: 200, maxRetryTime: 1_500, multiplier: 2, factor: 0.2 },
    logCreator: kafkaLogCreator(logger),
  });
  let connected: Promise<Producer> | undefined;

  async function connect(): Promise<Producer> {
    const producer = kafka.producer({
      // The idempotent producer of kafkajs can lose an acknowledged batch (#1005); events carry ids instead.
      idempotent: false,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    return producer;
  }

  /** The next send starts with new connections and metadata. */
  function abandon(): void {
    const producer = connected;
    connected = undefined;
    producer?.then((old) => old.disconnect()).catch(() => undefined);
  }

  return {
    async send(records) {
      const attempt = (connected ??= connect());
      try {
        const producer = await attempt;
        await producer.sendBatch({ acks: -1, timeout: REQUEST_TIMEOUT_MS, topicMessages: byTopic(records, topicPrefix) });
      } catch (error) {
        if (connected === attempt) abandon();
        throw error;
      }
    },

    async close() {
      const producer = await connected?.catch(() => undefined);
      await producer?.disconnect();
    },
  };
}

function byTopic(records: readonly NewRecord[], topicPrefix: string): TopicMessages[] {
  const topics = new Map<string, TopicMessages>();
  for (const record of records) {
    const { topic, partition, key, value } = record;
    let messages = topics.get(topic);
    if (messages === undefined) topics.set(topic, (messages = { topic: topicPrefix + topic, messages: [] }));
    messages.messages.push({
      partition,
      key,
      value: Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength),
      headers: headersOf(record),
    });
  }
  return [...topics.values()];
}

function headersOf({ count, tick, requestId }: NewRecord): Record<string, string> {
  const headers: Record<string, string> = { [COUNT_HEADER]: String(count) };
  if (tick === true) headers[TICK_HEADER] = '1';
  if (requestId !== undefined) headers[REQUEST_HEADER] = requestId;
  return headers;
}
