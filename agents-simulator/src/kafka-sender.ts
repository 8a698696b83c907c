import { Kafka, logLevel, type TopicMessages } from 'kafkajs';
import { backoff, GaveUp, pause, type Sender } from './sender.ts';
import type { PlannedEvent } from './scenario.ts';

export interface KafkaSenderOptions {
  readonly brokers: readonly string[];
  /** How long a batch is tried at all, in milliseconds. */
  readonly giveUpAfterMs?: number;
}

/**
 * kafkajs 2.2.4 sets timers to negative times, which Node 24 takes for 1 ms and warns about: nothing that whoever runs the
 * simulator could do something about.
 */
function ignoreNegativeTimeouts(): void {
  const emitWarning = process.emitWarning.bind(process) as (...given: unknown[]) => void;
  process.emitWarning = (...given: unknown[]) => {
    if (!given.includes('TimeoutNegativeWarning')) emitWarning(...given);
  };
}

/** Publishes straight to the event topics as any Kafka client would: one JSON event a record under its id as the key. */
export async function createKafkaSender({ brokers, giveUpAfterMs = 120_000 }: KafkaSenderOptions): Promise<Sender> {
  ignoreNegativeTimeouts();
  const kafka = new Kafka({ clientId: 'fleetbeat-simulator', brokers: [...brokers], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ allowAutoTopicCreation: false, idempotent: false });
  await producer.connect();
  return {
    async send(batch, signal) {
      const topicMessages = byTopic(batch);
      const sentAt = Date.now();
      for (let retries = 0; ; retries += 1) {
        try {
          await producer.sendBatch({ topicMessages, acks: -1 });
          return { rejected: [], sentAt, acknowledgedAt: Date.now(), retries };
        } catch (error) {
          const wait = backoff(retries);
          if (signal.aborted || Date.now() + wait - sentAt > giveUpAfterMs) {
            throw new GaveUp(`Kafka did not take a batch: ${error instanceof Error ? error.message : String(error)}`);
          }
          await pause(wait, signal);
        }
      }
    },
    close: () => producer.disconnect(),
  };
}

function byTopic(batch: readonly PlannedEvent[]): TopicMessages[] {
  const topics = new Map<string, TopicMessages>();
  for (const { topic, key, body } of batch) {
    const messages = topics.get(topic) ?? { topic, messages: [] };
    messages.messages.push({ key, value: JSON.stringify(body) });
    topics.set(topic, messages);
  }
  return [...topics.values()];
}
