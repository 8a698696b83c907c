import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVENT_TOPICS, MAX_NESTING, TOPICS, type EventTopic } from '@fleetbeat/contracts/events.ts';
import { NO_REDACTION } from '@fleetbeat/contracts/redaction.ts';
import { ndjson } from '@fleetbeat/contracts/testing.ts';
import { createApiKey, revokeApiKey } from '@fleetbeat/infra/access/api-keys.ts';
import { openDatabase } from '@fleetbeat/infra/database/open.ts';
import type { EventLog, LogRecord, Partition, Subscription } from '@fleetbeat/infra/event-log/event-log.ts';
import { createKafkaEventLog } from '@fleetbeat/infra/event-log/kafka.ts';
import { Kafka } from '@fleetbeat/infra/event-log/kafkajs.ts';
import { partitionOf } from '@fleetbeat/infra/event-log/murmur2.ts';
import { createPostgresEventLog } from '@fleetbeat/infra/event-log/postgres.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { AUDIENCE, startJwtIssuer } from '@fleetbeat/infra/testing/jwt-issuer.ts';
import { administer, freshDatabase, kafkaBrokers, type FreshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { event, ScriptedLog, startTestGateway, type TestGateway } from './testing.ts';

const logger = createLogger('gateway-test', 'silent');
const brokers = kafkaBrokers();
const topicPrefix = `gateway-${randomBytes(5).toString('hex')}-`;

describe('the gateway on Postgres', () => {
  contract(({ database }) => createPostgresEventLog(database, logger));
});

describe.skipIf(brokers === null)('the gateway on Kafka', () => {
  // Hooks of the end run last in, first out.
  afterAll(async () => {
    const admin = new Kafka({ brokers: brokers ?? [], logLevel: 0 }).admin();
    await admin.connect();
    await admin.deleteTopics({ topics: TOPICS.map((topic) => topicPrefix + topic) });
    await admin.disconnect();
  });
  contract(() => createKafkaEventLog(brokers ?? [], logger, { topicPrefix }));
});

function contract(openLog: (database: FreshDatabase) => EventLog): void {
  let database: FreshDatabase;
  let log: EventLog;
  let gateway: TestGateway;
  let subscription: Subscription;
  const read: (LogRecord & Partition)[] = [];

  beforeAll(async () => {
    database = await freshDatabase();
    log = openLog(database);
    gateway = await startTestGateway(log, { database: database.database });
    subscription = await log.consume(`test-${randomBytes(4).toString('hex')}`, EVENT_TOPICS, {
      assigned: () => Promise.resolve(0),
      records: (partition, records) => {
        for (const record of records) if (!record.tick) read.push({ ...record, ...partition });
        return Promise.resolve();
      },
      revoked: () => Promise.resolve(),
    });
  });
  afterAll(async () => {
    await subscription.stop();
    await gateway.stop();
    await log.close();
    await database.drop();
  });

  async function post(body: string | Buffer, headers: Record<string, string> = {}) {
    const answer = await fetch(`${gateway.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : new Uint8Array(body),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  /** The records of the log that hold events with this mark in them. */
  function marked(mark: string): (LogRecord & Partition)[] {
    return read.filter((record) => record.value.includes(mark));
  }

  function linesOf(mark: string): string[] {
    return marked(mark).flatMap((record) => record.value.toString().split('\n'));
  }

  it('has in the log, byte for byte, what it has answered 200', async () => {
    const mark = randomBytes(8).toString('hex');
    const events = Array.from({ length: 200 }, (__, index) =>
      JSON.stringify({
        id: `${mark}-${index}`,
        ts: Date.now(),
        agent_id: `agent-${index % 20}`,
        message_type: 'error',
        content: 'ä😀',
      }),
    );
    const others = [
      JSON.stringify({
        id: `${mark}-h`,
        host_id: 'h1',
        ts: Date.now(),
        cpu_usage: 1,
        memory_usage: 2,
        disk_usage: 3,
        uptime: 4,
      }),
      JSON.stringify({ id: `${mark}-t`, task_id: 't1', ts: Date.now(), status: 'pending' }),
    ];
    const body = gzipSync([...events, ...others].join('\n'));
    const answer = await post(body, { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' });
    expect(answer).toEqual({ status: 200, body: { accepted: 202, rejected: [], ids: [] } });

    await expect.poll(() => linesOf(mark).length, { timeout: 30_000 }).toBe(202);
    expect(linesOf(mark).toSorted()).toEqual([...events, ...others].toSorted());
    for (const record of marked(mark)) {
      const lines = record.value.toString().split('\n');
      expect(record.count).toBe(lines.length);
      const partitions = await log.partitionCount(record.topic);
      for (const line of lines) {
        const event = JSON.parse(line) as Record<string, string>;
        const field = ({ 'agent-events': 'agent_id', 'host-events': 'host_id', 'task-events': 'task_id' } as const)[
          record.topic as EventTopic
        ];
        expect(partitionOf(event[field] ?? '', partitions)).toBe(record.partition);
      }
    }
  });

  it('refuses each kind of bad input by its own code and keeps the good events around it', async () => {
    const mark = randomBytes(8).toString('hex');
    const good = (id: number) =>
      JSON.stringify({ id: `${mark}-${id}`, ts: Date.now(), agent_id: 'a1', message_type: 'agent_response' });
    const rest = '"message_type":"error"';
    const bad: [string, Buffer | string][] = [
      ['malformed_json', '{"agent_id":"a1",'],
      ['invalid_field', `{"agent_id":"a1",${rest},"input_tokens":"many"}`],
      ['missing_agent_id', `{${rest}}`],
      ['event_too_large', `{"agent_id":"a1",${rest},"content":"${'x'.repeat(300_000)}"}`],
      ['nested_too_deep', `{"agent_id":"a1",${rest},"x":${'['.repeat(MAX_NESTING)}${']'.repeat(MAX_NESTING)}}`],
      [
        'invalid_utf8',
        Buffer.concat([Buffer.from(`{"agent_id":"a1",${rest},"content":"`), Buffer.from([0xff]), Buffer.from('"}')]),
      ],
      ['not_a_number', `{"agent_id":"a1",${rest},"response_time_ms":NaN}`],
      ['ts_too_old', `{"agent_id":"a1",${rest},"ts":${Date.now() - 2 * 365 * 86_400_000}}`],
      ['ts_too_far_ahead', `{"agent_id":"a1",${rest},"timestamp":"2099-01-01T00:00:00Z"}`],
      ['invalid_agent_id', `{"agent_id":"${'x'.repeat(10_000)}",${rest}}`],
    ];
    const pieces = bad.flatMap(([, event], index) => [
      Buffer.from(good(index)),
      Buffer.from('\n'),
      Buffer.from(event),
      Buffer.from('\n'),
    ]);
    const answer = await post(Buffer.concat(pieces), { 'content-type': 'application/x-ndjson' });
    expect(answer.status).toBe(207);
    expect(answer.body['accepted']).toBe(bad.length);
    expect((answer.body['rejected'] as { index: number; code: string }[]).map(({ index, code }) => [index, code])).toEqual(
      bad.map(([code], index) => [2 * index + 1, code]),
    );
    for (const [code] of bad) {
      expect(await gateway.metric(`fleetbeat_ingest_events_rejected_total{code="${code}"}`)).toBeGreaterThan(0);
    }
    await expect.poll(() => linesOf(mark).length, { timeout: 30_000 }).toBe(bad.length);
    expect(linesOf(mark).map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(
      bad.map((__, index) => `${mark}-${index}`),
    );
  });

  it('keeps the order of one sender', async () => {
    const mark = randomBytes(8).toString('hex');
    for (let index = 0; index < 20; index++) {
      const event = { id: `${mark}-${index}`, ts: Date.now(), agent_id: 'one', message_type: 'user_message' };
      expect((await post(JSON.stringify(event))).status).toBe(200);
    }
    await expect.poll(() => linesOf(mark).length, { timeout: 30_000 }).toBe(20);
    expect(linesOf(mark).map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(
      Array.from({ length: 20 }, (__, index) => `${mark}-${index}`),
    );
    expect(marked(mark).every((record) => record.key === 'one')).toBe(true);
  });

  it('redacts what is not to be stored before it reaches the log, once that is switched on', async () => {
    const mark = randomBytes(8).toString('hex');
    const send = (id: string) =>
      post(
        ndjson([
          event({ id: `${mark}-${id}`, agent_id: 'a1', content: 'to jane@example.com', metadata: { cc: ['jane@example.com'] } }),
          event({ id: `${mark}-${id}`, agent_id: 'a1', content: 7, note: 'jane@example.com' }),
        ]),
        { 'content-type': 'application/x-ndjson' },
      );
    const settings = { ...NO_REDACTION, enabled: true };
    try {
      await database.database.query(`insert into redaction_settings (settings, updated_at, updated_by) values ($1, 0, 'test')`, [
        settings,
      ]);
      await expect
        .poll(
          async () => {
            await send('probe');
            return linesOf(`${mark}-probe`).some((line) => line.includes('[email]'));
          },
          { timeout: 15_000, interval: 200 },
        )
        .toBe(true);
      expect((await send('after')).body).toMatchObject({ accepted: 1 });
      await expect.poll(() => linesOf(`${mark}-after`).length, { timeout: 15_000 }).toBe(1);
      const [line = ''] = linesOf(`${mark}-after`);
      expect(JSON.parse(line)).toMatchObject({ agent_id: 'a1', content: 'to [email]', metadata: { cc: ['[email]'] } });
      expect(line).not.toContain('jane');
    } finally {
      await database.database.query('delete from redaction_settings');
    }
  });

  it('takes keys with the scope for it, and no others', async () => {
    const make = (scopes: ('ingest' | 'read' | 'admin')[]) =>
      createApiKey(database.database, { name: scopes.join(), scopes, createdBy: 'test' });
    const [ingest, readOnly, admin, revoked] = [
      await make(['ingest']),
      await make(['read']),
      await make(['admin']),
      await make(['ingest']),
    ];
    await revokeApiKey(database.database, revoked.id);
    const status = async (key: string) =>
      (await post('[]', { authorization: `Bearer ${key}`, origin: 'https://app.example' })).status;
    expect(await status(ingest.key)).toBe(200);
    expect(await status(admin.key)).toBe(200);
    expect(await status(readOnly.key)).toBe(403);
    expect(await status(revoked.key)).toBe(401);
    expect(await status('fbk_never-made')).toBe(401);
  });
}

describe('the gateway with an issuer of tokens', () => {
  it('takes tokens with the scope for it, and says why not others', async () => {
    const issuer = await startJwtIssuer();
    const env = { JWT_ISSUER: issuer.issuer, JWT_AUDIENCE: AUDIENCE, JWT_JWKS_URL: issuer.jwksUrl, JWT_SCOPES: 'send=ingest' };
    const gateway = await startTestGateway(new ScriptedLog(), { env });
    const send = async (token: string): Promise<unknown> => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      const answer = await fetch(`${gateway.url}/v1/events`, { method: 'POST', headers, body: '[]' });
      return [answer.status, ((await answer.json()) as { type?: string }).type];
    };
    try {
      expect(await send(await issuer.sign({ scope: 'send', more: 'x'.repeat(1_000) }))).toEqual([200, undefined]);
      expect(await send(await issuer.sign({ scope: 'ingest' }))).toEqual([403, 'urn:fleetbeat:problem:forbidden']);
      expect(await send(await issuer.sign({ scope: 'send', aud: 'x' }))).toEqual([401, 'urn:fleetbeat:problem:token-audience']);
      expect(await send(await issuer.sign({ scope: 'send', exp: 1 }))).toEqual([401, 'urn:fleetbeat:problem:token-expired']);
    } finally {
      await gateway.stop();
      await issuer.stop();
    }
  });
});

describe('the gateway while its database is away', () => {
  it('answers 503 with Retry-After within bounded memory, and takes events once it is back', async () => {
    const fresh = await freshDatabase();
    const { database, url } = fresh;
    const name = new URL(url).pathname.slice(1);
    const server = url.replace(`/${name}`, '/postgres');
    const pool = openDatabase(url, logger);
    const log = createPostgresEventLog(pool, logger);
    const gateway = await startTestGateway(log, { database: pool });
    await database.end();
    const event = (id: number) =>
      JSON.stringify({ id: `e${id}`, ts: Date.now(), agent_id: 'a1', message_type: 'error', content: 'x'.repeat(100_000) });
    const post = (id: number) =>
      fetch(`${gateway.url}/v1/events`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: event(id) });
    try {
      expect((await post(0)).status).toBe(200);
      await administer(server, `alter database ${name} allow_connections false`);
      await administer(server, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);

      const before = process.memoryUsage().rss;
      const statuses = new Map<number, number>();
      for (let round = 0; round < 30; round++) {
        const answers = await Promise.all(Array.from({ length: 20 }, (__, index) => post(round * 20 + index)));
        for (const answer of answers) {
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
          if (answer.status === 503) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
          await answer.body?.cancel();
        }
      }
      expect([...statuses.keys()]).toEqual([503]);
      expect(process.memoryUsage().rss - before).toBeLessThan(300 * 2 ** 20);
      expect(await gateway.metric('fleetbeat_ingest_in_flight_bytes')).toBe(0);

      await administer(server, `alter database ${name} allow_connections true`);
      await expect.poll(async () => (await post(1)).status, { timeout: 30_000, interval: 500 }).toBe(200);
    } finally {
      await administer(server, `alter database ${name} allow_connections true`);
      await gateway.stop();
      await log.close();
      await pool.end();
      await fresh.drop();
    }
  });
});

it.skipIf(brokers === null)('waits for a Kafka that is not there, and stops all the same', async () => {
  const log = createKafkaEventLog(['127.0.0.1:9'], logger);
  const starting = startTestGateway(log);
  const gateway = await Promise.race([starting, sleep(30_000)]);
  expect(gateway).toBeDefined();
  if (gateway === undefined) return;
  const answer = await fetch(`${gateway.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '[]',
  });
  expect(answer.status).toBe(503);
  await gateway.stop();
  await log.close();
});
