import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startKafka, type KafkaServer } from '../../native/kafka.ts';
import { kafkaBrokers } from '../testing/servers.ts';
import { LogUnavailable } from './event-log.ts';
import { createKafkaEventLog } from './kafka.ts';
import { logger, PARTITION, range, record, recorder } from './test-worlds.ts';

const WAIT = { timeout: 60_000, interval: 50 };

/** A broker of its own, because it is killed. */
describe.skipIf(kafkaBrokers() === null)('event log on Kafka whose broker goes away', { timeout: 180_000 }, () => {
  let dataDir: string;
  let kafka: KafkaServer;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'event-log-kafka-'));
    kafka = await startKafka({ dataDir });
  }, 120_000);

  afterAll(async () => {
    await kafka.kill();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('refuses appends in bounded time while it is away, and goes on by itself without losing or skipping anything', async () => {
    const log = createKafkaEventLog(kafka.brokers, logger);
    await log.createTopics();
    const reader = recorder();
    const tailed: string[] = [];
    await log.consume('group', ['agent-events'], reader);
    await log.tail('agent-events', (records) => tailed.push(...records.map(({ value }) => value.toString())));
    const appended: string[] = [];
    const append = async (value: string) => {
      await log.append([record(value)]);
      appended.push(value);
    };
    for (const i of range(0, 5)) await append(`before ${i}`);
    await vi.waitFor(() => expect(reader.values(PARTITION)).toEqual(appended), WAIT);

    await kafka.kill();
    const began = performance.now();
    await expect(log.append([record('while away')])).rejects.toThrow(LogUnavailable);
    expect(performance.now() - began).toBeLessThan(12_000);
    await expect(log.offsets('agent-events')).rejects.toThrow(LogUnavailable);
    // Long enough for the consumers' own retries to run out.
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    const idle = reader.idle;
    await vi.waitFor(() => expect(reader.idle).toBeGreaterThan(idle), WAIT);

    const { port } = kafka;
    kafka = await startKafka({ dataDir, port });
    expect(kafka.port).toBe(port);
    await vi.waitFor(() => append('after'), WAIT);
    for (const i of range(0, 5)) await append(`after ${i}`);
    // The refused one may have been appended all the same.
    const others = (values: string[]) => values.filter((value) => value !== 'while away');
    await vi.waitFor(() => expect(others(reader.values(PARTITION))).toEqual(appended), WAIT);
    expect(reader.offsets(PARTITION)).toEqual(range(0, reader.of(PARTITION).length));
    await vi.waitFor(() => expect(others(tailed)).toEqual(appended), WAIT);
    // Kept across the outage.
    expect(reader.assignments.filter(({ partition }) => partition === 0)).toHaveLength(1);
    await log.close();
  });
});
