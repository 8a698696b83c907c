import { zstdDecompressSync } from 'node:zlib';
import type { DeadLetter, List, StoredEvent } from '@fleetbeat/contracts/api.ts';
import { NO_REDACTION } from '@fleetbeat/contracts/redaction.ts';
import { agentMessage, heartbeat, hostSample, ndjson, taskEvent } from '@fleetbeat/contracts/testing.ts';
import type { EventTopic } from '@fleetbeat/contracts/events.ts';
import { startTestBff, type TestBff } from '../bff/src/start-test-bff.ts';
import { createLifecycle, type Lifecycle } from '@fleetbeat/infra/lifecycle.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { createMetrics } from '@fleetbeat/infra/metrics.ts';
import type { ServiceContext } from '@fleetbeat/infra/service-context.ts';
import { startTestGateway, type TestGateway } from '../ingest/src/gateway/testing.ts';
import { start as startProcessors } from '../processors/src/main.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';

const logger = createLogger('privacy-test', 'silent');
let bff: TestBff;
let gateway: TestGateway;
let processors: Lifecycle;

beforeAll(async () => {
  bff = await startTestBff();
  const { config, database, eventLog, timeSeries } = bff;
  gateway = await startTestGateway(eventLog, { database, env: { FLEETBEAT_DATA: config.dataDir } });
  processors = createLifecycle(logger, () => undefined);
  const context: Partial<ServiceContext> = {
    ...{ name: 'processors', config, logger, database, eventLog, timeSeries },
    ...{ lifecycle: processors, metrics: createMetrics('processors') },
  };
  await startProcessors(context as ServiceContext);
});
afterAll(async () => {
  await gateway.stop();
  await processors.stop('end of test');
  await bff.stop();
});

async function publish(topic: EventTopic, value: Buffer, count: number | null = null): Promise<void> {
  await bff.eventLog.append([{ topic, partition: 0, key: 'a', value, count: count ?? value.toString().split('\n').length }]);
}

async function get<T>(path: string): Promise<T> {
  const answer = await bff.get(path);
  expect(answer.status, path).toBe(200);
  return (await answer.json()) as T;
}

/** Everything that every table holds, but the log's own, where a plain client has put it: blocks unpacked, bytes as text. */
async function everythingStored(): Promise<string> {
  const { rows: tables } = await bff.database.query<{ name: string }>(
    `select quote_ident(table_name) as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await bff.database.query<Record<string, unknown>>(`select * from ${name}`);
    for (const row of rows) {
      for (const value of Object.values(row)) {
        if (Buffer.isBuffer(value)) texts.push(value.toString('latin1'));
      }
      if (Buffer.isBuffer(row['block'])) texts.push(zstdDecompressSync(row['block']).toString());
      texts.push(JSON.stringify(row));
    }
  }
  return texts.join('\n');
}

async function read(): Promise<{ read: number; aggregated: number; duplicate: number; dead: number }> {
  const { rows } = await bff.database.query<{ read: number; aggregated: number; duplicate: number; dead: number }>(
    `select coalesce(sum(read), 0)::int as read, coalesce(sum(aggregated), 0)::int as aggregated,
            coalesce(sum(duplicate), 0)::int as duplicate, coalesce(sum(dead), 0)::int as dead from cuts where stored_at is not null`,
  );
  return rows[0] ?? { read: 0, aggregated: 0, duplicate: 0, dead: 0 };
}

const PLANTED = 'jane.planted@example.com';

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

  const stored = await everythingStored();
  expect(stored).toContain('[email]');
  expect(stored).toContain('[badge]');
  expect(stored).not.toContain('planted');
  expect(stored).not.toContain('BDG-123456');
  expect((await get<List<StoredEvent>>('/events?q=planted')).items).toEqual([]);
  expect((await get<List<StoredEvent>>('/agents/a/events')).items.map(({ event }) => event['prompt']).filter(Boolean)).toEqual(
    Array.from({ length: 3 }, () => '[email]'),
  );
  const letters = await get<List<DeadLetter>>('/dead-letters');
  expect(letters.items).toHaveLength(3);
  expect(JSON.stringify(letters)).not.toContain('planted');
});
