import { describe, expect, it, vi } from 'vitest';
import { kafkaBrokers } from '../testing/servers.ts';
import { Kafka, Partitioners } from './kafkajs.ts';
import { partitionOf } from './murmur2.ts';
import { inWorld, kafkaWorld, range, recorder, WAIT } from './test-worlds.ts';

interface Cluster {
  connect(): Promise<void>;
  metadata(of: { topics: readonly string[] }): Promise<{ topicMetadata: readonly unknown[] }>;
  disconnect(): Promise<void>;
}

/** The part of kafkajs that its clients are made of. */
function openCluster(kafka: InstanceType<typeof Kafka>, options: object): Cluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === 'private:Kafka:createCluster');
  const create = (kafka as unknown as Record<symbol, ((options: object) => Cluster) | undefined>)[symbol ?? Symbol()];
  if (create === undefined) throw new Error('kafkajs is not the version that this was written for');
  return create(options);
}

describe.skipIf(kafkaBrokers() === null)('event log on Kafka, beyond the contract', () => {
  const world = inWorld(kafkaWorld);

  it('reads what plain clients publish, one event a record, from the partition that the key names', async () => {
    const log = await world.log();
    const { brokers, topicPrefix } = world.get();
    const producer = new Kafka({ brokers, logLevel: 0 }).producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const keys = range(0, 40).map((i) => `agent-${i}`);
    await producer.send({
      topic: `${topicPrefix}agent-events`,
      messages: keys.map((key) => ({ key, value: JSON.stringify({ agent_id: key }) })),
    });
    await producer.send({ topic: `${topicPrefix}agent-events`, messages: [{ value: null, partition: 0 }] });
    await producer.disconnect();

    const reader = recorder();
    await log.consume('plain', ['agent-events'], reader);
    const all = () => range(0, 4).flatMap((partition) => reader.of({ topic: 'agent-events', partition }));
    await vi.waitFor(() => expect(all()).toHaveLength(41), WAIT);
    for (const partition of range(0, 4)) {
      for (const each of reader.of({ topic: 'agent-events', partition })) {
        expect(each).toMatchObject({ count: null, tick: false });
        if (each.key !== null) {
          expect(partitionOf(each.key, 4)).toBe(partition);
          expect(each.value.toString()).toBe(JSON.stringify({ agent_id: each.key }));
        }
      }
    }
    expect(all().find(({ key }) => key === null)?.value).toHaveLength(0);
  });

  it('says why a topic cannot be described that it once knew', async () => {
    await world.log();
    const { brokers, topicPrefix } = world.get();
    const kafka = new Kafka({ brokers, logLevel: 0 });
    const admin = kafka.admin();
    // What clients ask by themselves; those of the public interface look at each topic anew first.
    const cluster = openCluster(kafka, { metadataMaxAge: 300_000 });
    const topic = `${topicPrefix}short-lived`;
    try {
      await Promise.all([cluster.connect(), admin.connect()]);
      await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
      expect((await cluster.metadata({ topics: [topic] })).topicMetadata).toHaveLength(1);
      await admin.deleteTopics({ topics: [topic] });
      let failure: unknown = null;
      await vi.waitFor(async () => {
        failure = await cluster.metadata({ topics: [topic] }).catch((error: unknown) => error);
        expect(failure).not.toHaveProperty('topicMetadata');
      }, WAIT);
      expect(failure).toMatchObject({ type: 'UNKNOWN_TOPIC_OR_PARTITION' });
    } finally {
      await Promise.all([cluster.disconnect(), admin.disconnect()]);
    }
  });

  it('passes over the marks and the aborted records of transactions', async () => {
    const log = await world.log();
    const { brokers, topicPrefix } = world.get();
    const producer = new Kafka({ brokers, logLevel: 0 }).producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      transactionalId: topicPrefix,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    const publish = async (value: string, commit: boolean) => {
      const transaction = await producer.transaction();
      await transaction.send({ topic: `${topicPrefix}host-events`, messages: [{ value }] });
      await (commit ? transaction.commit() : transaction.abort());
    };
    const reader = recorder();
    await log.consume('transactions', ['host-events'], reader);
    await publish('one', true);
    await publish('never', false);
    await publish('never', false);
    await publish('two', true);
    await producer.disconnect();
    const partition = { topic: 'host-events', partition: 0 } as const;
    await vi.waitFor(() => expect(reader.values(partition)).toEqual(['one', 'two']), WAIT);
  });

  it('goes on at the start of the log where what it asked for is gone', async () => {
    const log = await world.log();
    const { brokers, topicPrefix } = world.get();
    await log.append(
      range(0, 10).map((i) => ({ topic: 'host-events', partition: 0, key: null, value: Buffer.from(String(i)), count: 1 })),
    );
    const admin = new Kafka({ brokers, logLevel: 0 }).admin();
    await admin.connect();
    // Makes it know the topic.
    await admin.fetchTopicOffsets(`${topicPrefix}host-events`);
    await admin.deleteTopicRecords({ topic: `${topicPrefix}host-events`, partitions: [{ partition: 0, offset: '7' }] });
    await admin.disconnect();
    const reader = recorder({ start: () => 2 });
    await log.consume('expired', ['host-events'], reader);
    await vi.waitFor(() => expect(reader.offsets({ topic: 'host-events', partition: 0 })).toEqual([7, 8, 9]), WAIT);
    expect((await log.offsets('host-events'))[0]).toMatchObject({ start: 7, end: 10 });
  });
});
