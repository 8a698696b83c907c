import { randomBytes } from 'node:crypto';
import type { AgentLedger, DeadLetter, List, StoredEvent } from '@fleetbeat/contracts/api.ts';
import { erasureSchema, type Erasure } from '@fleetbeat/contracts/erasures.ts';
import { NO_REDACTION } from '@fleetbeat/contracts/redaction.ts';
import { agentMessage, heartbeat, hostSample, ndjson, taskEvent } from '@fleetbeat/contracts/testing.ts';
import type { EventTopic } from '@fleetbeat/contracts/events.ts';
import { startTestBff, type TestBff } from '../bff/src/start-test-bff.ts';
import { everythingStored } from '../bff/src/testing/everything-stored.ts';
import { loadSecret } from '@fleetbeat/infra/access/secret.ts';
import { createLifecycle, type Lifecycle } from '@fleetbeat/infra/lifecycle.ts';
import { kafkaWorld, type KafkaWorld } from '@fleetbeat/infra/event-log/test-worlds.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { createMetrics } from '@fleetbeat/infra/metrics.ts';
import type { ServiceContext } from '@fleetbeat/infra/service-context.ts';
import { influxServer, kafkaBrokers } from '@fleetbeat/infra/testing/servers.ts';
import { startTestGateway, type TestGateway } from '../ingest/src/gateway/testing.ts';
import { reconcile } from '../processors/src/ledger/reconcile.ts';
import { start as startProcessors } from '../processors/src/main.ts';
import { beginErasure, runErasure } from '../processors/src/privacy/run-erasure.ts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

const logger = createLogger('privacy-test', 'silent');
const influx = influxServer();
const DEPLOYMENTS = [
  { name: 'on Postgres alone', cluster: false, absent: false },
  {
    name: 'on Kafka and InfluxDB',
    cluster: true,
    absent: kafkaBrokers() === null || influx === null || influx.org !== undefined,
  },
] as const;

let bff: TestBff;
let gateway: TestGateway;
let processors: Lifecycle;
let kafka: KafkaWorld | null;
let bucket: string;

async function start(cluster: boolean): Promise<void> {
  kafka = cluster ? await kafkaWorld() : null;
  bucket = `test_${randomBytes(6).toString('hex')}`;
  const engines = cluster ? { INFLUX_URL: influx?.url, INFLUX_TOKEN: influx?.token, INFLUX_BUCKET: bucket } : {};
  bff = await startTestBff(engines, undefined, kafka === null ? undefined : () => (kafka as KafkaWorld).open());
  const { config, database, eventLog, timeSeries } = bff;
  gateway = await startTestGateway(eventLog, { database, env: { FLEETBEAT_DATA: config.dataDir } });
  processors = createLifecycle(logger, () => undefined);
  const context: Partial<ServiceContext> = {
    ...{ name: 'processors', config, logger, database, eventLog, timeSeries },
    ...{ lifecycle: processors, metrics: createMetrics('processors') },
  };
  await startProcessors(context as ServiceContext);
}

async function stop(): Promise<void> {
  await gateway.stop();
  await processors.stop('end of test');
  await bff.stop();
  if (kafka === null) return;
  await kafka.destroy();
  await fetch(`${influx?.url ?? ''}/query`, { method: 'POST', body: new URLSearchParams({ q: `DROP DATABASE "${bucket}"` }) });
}

async function publish(topic: EventTopic, value: Buffer, count: number | null = null): Promise<void> {
  await bff.eventLog.append([{ topic, partition: 0, key: 'a', value, count: count ?? value.toString().split('\n').length }]);
}

async function get<T>(path: string): Promise<T> {
  const answer = await bff.get(path);
  expect(answer.status, path).toBe(200);
  return (await answer.json()) as T;
}

async function read(): Promise<{ read: number; aggregated: number; duplicate: number; dead: number }> {
  const { rows } = await bff.database.query<{ read: number; aggregated: number; duplicate: number; dead: number }>(
    `select coalesce(sum(read), 0)::int as read, coalesce(sum(aggregated), 0)::int as aggregated,
            coalesce(sum(duplicate), 0)::int as duplicate, coalesce(sum(dead), 0)::int as dead from cuts where stored_at is not null`,
  );
  return rows[0] ?? { read: 0, aggregated: 0, duplicate: 0, dead: 0 };
}

const PLANTED = 'jane.planted@example.com';

/** How often something stands in what is stored. */
async function mentions(text: string): Promise<number> {
  return (await everythingStored(bff.database)).split(text).length - 1;
}

describe.each(DEPLOYMENTS)('privacy $name', ({ cluster, absent }) => {
  describe.skipIf(absent)('with its servers', () => {
    beforeAll(() => start(cluster));
    afterAll(stop);

    test('what was planted is in no store, however it came, and everything counts', async () => {
      const put = await fetch(`${bff.url}/api/v1/redaction`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${bff.key}`, 'content-type': 'application/json', 'if-match': '"0"' },
        body: JSON.stringify({ ...NO_REDACTION, enabled: true, patterns: [{ name: 'badge', pattern: 'BDG-\\d{6}' }] }),
      });
      expect(put.status).toBe(200);
      let probes = 0;
      await expect
        .poll(
          async () => {
            probes++;
            await publish('task-events', ndjson([taskEvent({ task_id: 'probe', name: 'x@example.com' })]));
            const { rows } = await bff.database.query(`select from tasks where task_id = 'probe' and name = '[email]'`);
            return rows.length;
          },
          { timeout: 20_000, interval: 500 },
        )
        .toBe(1);
      const planted = { content: `${PLANTED} BDG-123456`, metadata: { [PLANTED]: [PLANTED] }, prompt: PLANTED };
      const once = agentMessage({ agent_id: 'a', ...planted });
      await publish('agent-events', ndjson([once, once, agentMessage({ agent_id: 'a', ...planted, ts: undefined })]));
      await publish('agent-events', ndjson([heartbeat({ agent_id: 'a', name: PLANTED, labels: { owner: PLANTED } })]));
      await publish(
        'agent-events',
        Buffer.from(`{"agent_id":"a","content":"${PLANTED}", oops\n{"agent_id":7,"content":"${PLANTED}"}`),
      );
      await publish('agent-events', Buffer.concat([Buffer.from([0xff]), Buffer.from(PLANTED)]), 1);
      await publish('host-events', ndjson([hostSample({ note: PLANTED })]));
      await publish(
        'task-events',
        ndjson([taskEvent({ task_id: 't', name: PLANTED, description: PLANTED, result: { to: PLANTED } })]),
      );
      const sent = await fetch(`${gateway.url}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([agentMessage({ agent_id: 'a', ...planted })]),
      });
      expect(sent.status).toBe(200);

      await expect.poll(async () => (await read()).read, { timeout: 30_000, interval: 200 }).toBe(probes + 10);
      expect(await read()).toMatchObject({ aggregated: probes + 6, duplicate: 1, dead: 3 });

      const stored = await everythingStored(bff.database);
      expect(stored).toContain('[email]');
      expect(stored).toContain('[badge]');
      expect(stored).not.toContain('planted');
      expect(stored).not.toContain('BDG-123456');
      expect((await get<List<StoredEvent>>('/events?q=planted')).items).toEqual([]);
      expect(
        (await get<List<StoredEvent>>('/agents/a/events')).items.map(({ event }) => event['prompt']).filter(Boolean),
      ).toEqual(Array.from({ length: 3 }, () => '[email]'));
      const letters = await get<List<DeadLetter>>('/dead-letters');
      expect(letters.items).toHaveLength(3);
      expect(JSON.stringify(letters)).not.toContain('planted');
    });

    test('what is kept of a user is erased, stays away however it comes again, and everything still counts', async () => {
      await bff.database.query('update redaction_settings set settings = settings || $1, revision = revision + 1', [
        { enabled: false },
      ]);
      const start = await read();
      const of = (user_id: string, content: string, more: object = {}) =>
        agentMessage({ agent_id: 'er', user_id, content, ...more });
      const late = of('joe', 'joe said late', { ts: Date.now() });
      const events = [of('joe', 'joe said 1'), of('jim', 'jim said 1'), of('joe', 'joe said 2'), of('jim', 'jim said joe')];
      await publish('agent-events', ndjson(events));
      await publish('agent-events', ndjson([agentMessage({ agent_id: 'other', user_id: 'joe', content: 'joe said 3' })]));
      await publish(
        'agent-events',
        Buffer.from('{"user_id":"joe","content":"joe said 4", oops\n{"user_id":"jim","content":"jim said 2", oops'),
      );
      await expect.poll(async () => (await read()).read - start.read, { timeout: 30_000, interval: 200 }).toBe(7);
      expect(await mentions('joe said')).toBeGreaterThan(0);

      const asked = await fetch(`${bff.url}/api/v1/erasures`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bff.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ user_id: 'joe' }),
      });
      expect(asked.status).toBe(202);
      const { id } = erasureSchema.parse(await asked.json());
      // Before the processors can have heard of it by themselves: the cut is made anew.
      await publish('agent-events', ndjson([late, late, of('jim', 'jim said 3')]));
      await publish('agent-events', ndjson([heartbeat({ agent_id: 'er', user_id: 'joe', note: 'joe said beat' })]));
      await publish('agent-events', Buffer.from('{"user_id":"joe","content":"joe said 5", oops'));
      const attempt = await beginErasure(bff.database);
      if (attempt === null) throw new Error('nothing to erase');
      expect(await beginErasure(bff.database)).toBeNull();
      await runErasure(bff.database, await loadSecret(bff.config), attempt, new AbortController().signal);
      await expect.poll(async () => (await read()).read - start.read, { timeout: 30_000, interval: 200 }).toBe(12);
      await publish(
        'agent-events',
        ndjson([agentMessage({ agent_id: 'er', user_id: 'joe', ts: Date.now() - 3_600_000, content: 'joe said 6' })]),
      );
      await expect.poll(async () => (await read()).read - start.read, { timeout: 30_000, interval: 200 }).toBe(13);

      expect(await mentions('joe said')).toBe(0);
      expect(await mentions('jim said')).toBe(4);
      const end = await read();
      expect({
        aggregated: end.aggregated - start.aggregated,
        duplicate: end.duplicate - start.duplicate,
        dead: end.dead - start.dead,
      }).toEqual({
        aggregated: 9,
        duplicate: 1,
        dead: 3,
      });
      const done = await get<Erasure>(`/erasures/${id}`);
      expect(done).toMatchObject({ state: 'done', raw_events: 3, dead_letters: 1, late_events: 4 });
      expect(done.blocks_read).toBe(done.blocks);
      const { rows } = await bff.database.query('select user_id, hash_hi is null as forgotten from erasures');
      expect(rows).toEqual([{ user_id: null, forgotten: false }]);
      expect((await get<List<StoredEvent>>('/agents/er/events')).items.map(({ event }) => event['user_id'])).toEqual([
        'jim',
        'jim',
        'jim',
      ]);
      expect(await get<AgentLedger>('/agents/er/ledger')).toMatchObject({ raw_events: 3, erased_events: 5, differences: 0 });

      const compared = { database: bff.database, store: bff.timeSeries, keeping: bff.config.retention, now: Date.now };
      // The processors reconcile as well, one process at a time.
      const inTurn = () =>
        vi.waitFor(async () => (await reconcile(compared)) ?? Promise.reject(new Error('another is at it')), { timeout: 20_000 });
      for (let round = 0; round < 5; round++) expect((await inTurn()).opened).toEqual([]);
    });
  });
});
