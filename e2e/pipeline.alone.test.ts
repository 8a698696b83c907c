import type { DeadLetter, IngestAnswer, List, Metrics, Pipeline } from '@fleetbeat/contracts/api.ts';
import { Kafka, logLevel } from 'kafkajs';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectExactFlush } from './late-flush.ts';
import { hasCluster, startCluster, type RunningCluster } from './start-cluster.ts';
import { startSystem, type RunningSystem } from './start-system.ts';

const TRACE = join(import.meta.dirname, '..', 'agents-simulator', 'data', 'azure-llm-2023-code.csv');
const TRACE_TOTALS = { total_messages: 8_819, total_responses: 8_819, input_tokens: 18_059_974, output_tokens: 245_896 };
const SECONDS = process.env['FLEETBEAT_LONG'] === '1' ? 60 : 20;
const HOUR = 3_600_000;

/** A whole hour ago at most, so that the range around it holds the trace and nothing else. */
const END = Math.floor(Date.now() / 1_000) * 1_000;

const standalone = {
  engines: { event_log: 'postgres', time_series: 'postgres', job_queue: 'postgres', database: 'embedded-postgres' },
  start: () => Promise.resolve({ env: {}, stop: () => Promise.resolve() }),
};
const cluster = {
  engines: { event_log: 'kafka', time_series: 'influxdb', job_queue: 'redis', database: 'postgres' },
  start: () => startCluster(11),
};

describe.each([
  ['standalone', standalone, true],
  ['the cluster', cluster, hasCluster()],
] as const)('the pipeline in %s', (name, deployment, available) => {
  describe.skipIf(!available)(available ? 'is exact' : 'is SKIPPED: Kafka, InfluxDB or Redis is missing', () => {
    let system: RunningSystem;
    let servers: Pick<RunningCluster, 'env' | 'stop'>;

    beforeAll(async () => {
      servers = await deployment.start();
      system = await startSystem(servers.env);
    });
    afterAll(async () => {
      await system?.stop();
      await servers?.stop();
    });

    const fleetTotals = async (): Promise<Metrics['totals']> =>
      (await system.get<Metrics>(`/fleet/metrics?from=${END - HOUR}&to=${END}&step=1m`)).totals;
    const pipeline = (): Promise<Pipeline> => system.get<Pipeline>('/pipeline');
    const post = (body: string): Promise<Response> =>
      fetch(`${system.ingest}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${system.key}` },
        body,
      });
    const TRACE_RUN = `--trace ${TRACE} --trace-only --speed max --seed 1 --end ${END} --verify`;
    const totalsLine = 'responses 8,819  input tokens 18,059,974  output tokens 245,896';

    it('runs on the engines that are configured', () => {
      expect(system.ready).toMatchObject({ engines: deployment.engines });
    });

    it('adds up a real hour of requests to the last token', async () => {
      const { code, output } = await system.simulate(TRACE_RUN);
      expect(code, output).toBe(0);
      expect(output).toContain(totalsLine);
      expect(output).toContain('models and the fleet');
      expect(await fleetTotals()).toMatchObject(TRACE_TOTALS);
    });

    it('counts nothing twice when the same hour is sent again', async () => {
      const [before, totals] = [await pipeline(), await fleetTotals()];
      const { code, output } = await system.simulate(TRACE_RUN);
      expect(code, output).toBe(0);
      expect(await fleetTotals()).toEqual(totals);
      expect((await pipeline()).duplicate - before.duplicate).toBe(8_819);
    });

    it('keeps the good events of a batch with bad ones', async () => {
      const agent = `bad-batch-${Date.now()}`;
      const good = (input: number) => ({ agent_id: agent, message_type: 'agent_response', input_tokens: input, ts: Date.now() });
      const bad = [
        { message_type: 'agent_response' },
        { ...good(1), input_tokens: 'many' },
        { ...good(1), ts: Date.now() - 100 * 24 * HOUR },
        { ...good(1), agent_id: 'x'.repeat(10_000) },
        { ...good(1), message_type: 'shout' },
        7,
      ];
      const response = await post(JSON.stringify([good(20), ...bad, good(22)]));
      const answer = (await response.json()) as IngestAnswer;
      expect(response.status).toBe(207);
      expect(answer.accepted).toBe(2);
      expect(answer.rejected.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(answer.rejected.every(({ reason }) => reason.length > 5)).toBe(true);
      await expect
        .poll(async () => (await system.get<Metrics>(`/agents/${agent}/metrics?from=${Date.now() - HOUR}`)).totals.input_tokens, {
          timeout: 30_000,
        })
        .toBe(42);
    });

    it(
      `stays exact for ${SECONDS} s of load with clocks ahead and agents that flush an hour`,
      async () => {
        const { code, output } = await system.simulate(
          `--agents 200 --hosts 20 --rate 2000 --duration ${SECONDS} --seed 3 --clock-skew --late --verify`,
        );
        expect(code, output).toBe(0);
        const sent = Number(/^sent ([\d,]+)/m.exec(output)?.[1]?.replaceAll(',', ''));
        expect(sent).toBeGreaterThan(0.9 * 2_000 * SECONDS);
        expect(output).toContain('compared 200 agents, 20 hosts');
        expect(output).toMatch(/event to screen p50 \d/);
      },
      (SECONDS + 240) * 1_000,
    );

    it('loses nothing and doubles nothing when gateway and processors are killed under load', async () => {
      const run = system.simulate('--agents 50 --hosts 5 --rate 1000 --duration 15 --seed 5 --verify');
      for (const [service, after] of [
        ['gateway', 4_000],
        ['processors', 3_000],
        ['gateway', 3_000],
      ] as const) {
        await sleep(after);
        process.kill(Number(readFileSync(join(system.dataDir, 'run', `${service}.pid`), 'utf8')), 'SIGKILL');
      }
      const { code, output } = await run;
      expect(code, output).toBe(0);
      expect(Number(/retried requests ([\d,]+)/.exec(output)?.[1])).toBeGreaterThan(0);
    });

    it('accounts for every event: read = aggregated + duplicate + dead', async () => {
      const { accepted, aggregated, duplicate, dead_lettered: dead, pending } = await pipeline();
      expect(accepted).toBe(aggregated + duplicate + dead + pending);
      expect(aggregated).toBeGreaterThan(8_819 + 0.9 * 2_000 * SECONDS);
    });

    // Not skipped but absent elsewhere: there is no Kafka to feed.
    const ofCluster = name === 'the cluster' ? describe : () => undefined;
    ofCluster('fed by a plain Kafka client', () => {
      it('adds up the same hour, one event a record', async () => {
        const { code, output } = await system.simulate(
          `--trace ${TRACE} --trace-only --speed max --seed 4 --end ${END} --via kafka --verify`,
        );
        expect(code, output).toBe(0);
        expect(output).toContain(totalsLine);
      });

      it('puts a corrupt record aside and goes on', async () => {
        const kafka = new Kafka({ brokers: servers.env['KAFKA_BROKERS']?.split(',') ?? [], logLevel: logLevel.NOTHING });
        const producer = kafka.producer();
        await producer.connect();
        const agent = `after-the-corrupt-${Date.now()}`;
        const good = { agent_id: agent, message_type: 'agent_response', input_tokens: 5, id: agent, ts: Date.now() };
        // All in the partition of the agent: what comes after the corrupt records must be read past them.
        const values = [Buffer.from([0xff, 0xfe, 0x00, 0x7b]), '{"agent_id": "a", "message_ty', 'null', JSON.stringify(good)];
        await producer.send({ topic: 'agent-events', acks: -1, messages: values.map((value) => ({ key: agent, value })) });
        await producer.disconnect();
        const letters = async (): Promise<DeadLetter[]> =>
          (await system.get<List<DeadLetter>>('/dead-letters?topic=agent-events')).items.filter(({ key }) => key === agent);
        await expect.poll(async () => (await letters()).length, { timeout: 30_000 }).toBe(3);
        expect((await letters()).every(({ reason, payload }) => reason !== '' && payload !== '')).toBe(true);
        await expect
          .poll(
            async () => (await system.get<Metrics>(`/agents/${agent}/metrics?from=${Date.now() - HOUR}`)).totals.input_tokens,
            { timeout: 30_000 },
          )
          .toBe(5);
      });
    });

    it('is exact in every tier a minute after an agent has flushed 20 hours, and says which windows changed late', async () => {
      await expectExactFlush(system);
    }, 120_000);
  });
});
