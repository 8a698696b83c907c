import { setTimeout as pause } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import { WHOLE } from '@fleetbeat/contracts/aggregates.ts';
import type { EventTopic } from '@fleetbeat/contracts/events.ts';
import type { LiveRecord, OpenPartials } from '@fleetbeat/contracts/live.ts';
import { agentMessage, heartbeat, hostSample, ndjson, taskEvent } from '@fleetbeat/contracts/testing.ts';
import { loadConfig } from '@fleetbeat/infra/config.ts';
import { partitionOf } from '@fleetbeat/infra/event-log/murmur2.ts';
import { openEventLog } from '@fleetbeat/infra/event-log/open.ts';
import { createLifecycle, type Lifecycle } from '@fleetbeat/infra/lifecycle.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { createMetrics } from '@fleetbeat/infra/metrics.ts';
import type { ServiceContext } from '@fleetbeat/infra/service-context.ts';
import { freshDatabase, type FreshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { COLUMN, Partial } from '@fleetbeat/infra/time-series/partial.ts';
import { openTimeSeries } from '@fleetbeat/infra/time-series/open.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { start } from './main.ts';

let fresh: FreshDatabase;
let context: Omit<ServiceContext, 'lifecycle' | 'metrics'>;
const running: Lifecycle[] = [];

/** Starts a processor as the service does; stopped after the test. */
async function startProcessor(): Promise<Lifecycle> {
  const lifecycle = createLifecycle(context.logger, () => undefined);
  running.push(lifecycle);
  await start({ ...context, lifecycle, metrics: createMetrics('processors') } as ServiceContext);
  return lifecycle;
}

async function publish(topic: EventTopic, key: string, events: readonly object[]): Promise<void> {
  const partition = partitionOf(key, await context.eventLog.partitionCount(topic));
  await context.eventLog.append([{ topic, partition, key, value: ndjson(events), count: events.length }]);
}

interface Ledger {
  read: number;
  aggregated: number;
  duplicate: number;
  dead: number;
}

async function ledger(): Promise<Ledger> {
  const { rows } = await fresh.database.query<Ledger>(
    `select coalesce(sum(read), 0)::int as read, coalesce(sum(aggregated), 0)::int as aggregated,
            coalesce(sum(duplicate), 0)::int as duplicate, coalesce(sum(dead), 0)::int as dead
     from cuts where stored_at is not null`,
  );
  return rows[0] ?? { read: 0, aggregated: 0, duplicate: 0, dead: 0 };
}

/** Waits until the stored cuts account for this many events. */
async function accounted(read: number): Promise<Ledger> {
  await expect.poll(async () => (await ledger()).read, { timeout: 30_000, interval: 100 }).toBe(read);
  return ledger();
}

async function stored(set: 'fleet' | 'agent', key: string, tier: '10s' | '1m'): Promise<Partial> {
  const sum = new Partial('events');
  const rows = await context.timeSeries.read({
    set,
    keys: [key],
    tier,
    from: 0,
    to: Date.now() + 1e9,
    sketches: true,
    limit: 100_000,
  });
  for (const row of rows) sum.merge(row);
  return sum;
}

describe('processors on Postgres alone', () => {
  beforeEach(async () => {
    fresh = await freshDatabase();
    const config = loadConfig({ DATABASE_URL: fresh.url });
    const logger = createLogger('processors', 'warn');
    context = {
      name: 'processors',
      config,
      logger,
      database: fresh.database,
      eventLog: openEventLog(config, fresh.database, logger),
      timeSeries: openTimeSeries(config, fresh.database, logger),
    } as ServiceContext;
    await context.eventLog.createTopics();
  });
  afterEach(async () => {
    for (const lifecycle of running.splice(0)) await lifecycle.stop('test ends');
    await context.eventLog.close();
    await fresh.drop();
  });

  test('reduce agent events to aggregates, raw events and the registry, each once', async () => {
    const now = Date.now();
    const events = [
      heartbeat({ agent_id: 'a', ts: now, name: 'Ada', status: 'busy', capabilities: ['code'], labels: { team: 'x' } }),
      ...Array.from({ length: 50 }, (_, n) =>
        agentMessage({
          agent_id: 'a',
          ts: now - n * 1_000,
          input_tokens: n,
          response_time_ms: n + 0.5,
          user_id: `u${n % 3}`,
          model_used: 'm',
        }),
      ),
      agentMessage({ agent_id: 'a', message_type: 'error', ts: now, content: 'nul \u0000 and half \ud800' }),
    ];
    await startProcessor();
    await publish('agent-events', 'a', events);
    await publish('agent-events', 'a', events);
    expect(await accounted(104)).toEqual({ read: 104, aggregated: 52, duplicate: 52, dead: 0 });

    for (const tier of ['10s', '1m'] as const) {
      const fleet = await stored('fleet', WHOLE, tier);
      expect(fleet.values[COLUMN.events.messages]).toBe(51);
      expect(fleet.values[COLUMN.events.heartbeats]).toBe(1);
      expect(fleet.values[COLUMN.events.input_tokens]).toBe(1_225);
      expect(fleet.values[COLUMN.events.response_us_max]).toBe(49_500);
      expect(fleet.distinct?.estimate()).toBe(3);
      expect(fleet.sketch?.count).toBe(50);
    }
    const { rows: blocks } = await fresh.database.query<{ events: number; block: Buffer }>(
      'select events, block from event_blocks',
    );
    const lines = blocks.flatMap(({ block }) => zstdDecompressSync(block).toString().split('\n'));
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(events);

    const { rows: agents } = await fresh.database.query(
      'select name, status, sends_heartbeats, capabilities, labels, model, total_messages, total_errors from agents',
    );
    expect(agents).toEqual([
      {
        name: 'Ada',
        status: 'busy',
        sends_heartbeats: true,
        capabilities: ['code'],
        labels: { team: 'x' },
        model: 'm',
        total_messages: 51,
        total_errors: 1,
      },
    ]);
  });

  test('a processor that takes over goes on where the other ended, duplicates included', async () => {
    const first = agentMessage({ agent_id: 'a', input_tokens: 7 });
    const before = await startProcessor();
    await publish('agent-events', 'a', [first]);
    const clock = async (): Promise<number> =>
      (await fresh.database.query<{ ms: number }>('select max(clock_ms) as ms from sources')).rows[0]?.ms ?? 0;
    await expect.poll(clock, { timeout: 10_000, interval: 20 }).toBeGreaterThan(0);
    await before.stop('taken over');
    expect((await ledger()).aggregated).toBe(1);

    await publish('agent-events', 'a', [first, agentMessage({ agent_id: 'a', input_tokens: 5 })]);
    await startProcessor();
    expect(await accounted(3)).toMatchObject({ aggregated: 2, duplicate: 1 });
    expect((await stored('agent', 'a', '10s')).values[COLUMN.events.input_tokens]).toBe(12);
  });

  test('two processors at once count everything once', async () => {
    await Promise.all([startProcessor(), startProcessor()]);
    const agents = Array.from({ length: 40 }, (_, n) => `agent-${n}`);
    for (let round = 0; round < 5; round++) {
      await Promise.all(agents.map((id) => publish('agent-events', id, [agentMessage({ agent_id: id, output_tokens: 1 })])));
      if (round === 2) await running[0]?.stop('scaled in');
      await pause(50);
    }
    await accounted(200);
    expect((await stored('fleet', WHOLE, '1m')).values[COLUMN.events.output_tokens]).toBe(200);
  });

  test('refused events become dead letters, and the rest of the record goes on', async () => {
    await startProcessor();
    const partition = partitionOf('a', await context.eventLog.partitionCount('agent-events'));
    const corrupt = Buffer.concat([
      Buffer.from([0xff, 0xfe, 0x0a]),
      ndjson([agentMessage({ agent_id: 'a' })]),
      Buffer.from('\n{"x":"\\u0000"}'),
    ]);
    await context.eventLog.append([{ topic: 'agent-events', partition, key: 'a\u0000', value: corrupt, count: 3 }]);
    expect(await accounted(3)).toMatchObject({ aggregated: 1, dead: 2 });
    const { rows } = await fresh.database.query<{ code: string; position: number }>(
      'select code, position from dead_letters order by position',
    );
    expect(rows).toEqual([
      { code: 'not_utf8', position: 0 },
      { code: 'not_valid', position: 2 },
    ]);
  });

  test('keep hosts and tasks, whatever strings they carry', async () => {
    await startProcessor();
    await publish('host-events', 'h', [hostSample({ host_id: 'h', cpu_usage: 93.5, hostname: 'nul\u0000' })]);
    await publish('task-events', 't', [
      taskEvent({
        task_id: 't',
        status: 'completed',
        ts: Date.now(),
        result: { text: 'nul\u0000 half \udc00' },
        duration_seconds: 2,
      }),
      taskEvent({ task_id: 't', status: 'in_progress', ts: Date.now() - 5_000, name: 'Write', agent_id: 'a' }),
    ]);
    await accounted(3);
    const { rows: hosts } = await fresh.database.query(`select hostname, (sample->>'cpu_usage')::float as cpu from hosts`);
    expect(hosts).toEqual([{ hostname: 'nul\ufffd', cpu: 93.5 }]);
    const { rows: tasks } = await fresh.database.query('select name, status, attempts, agent_id from tasks');
    expect(tasks).toEqual([{ name: 'Write', status: 'completed', attempts: 1, agent_id: 'a' }]);
  });

  test('tell what is open within a second, and who is there', async () => {
    const open: OpenPartials[] = [];
    const live: LiveRecord[] = [];
    const tails = [
      await context.eventLog.tail('aggregates', (records) =>
        open.push(...records.map(({ value }) => JSON.parse(value.toString()) as OpenPartials)),
      ),
      await context.eventLog.tail('live', (records) =>
        live.push(...records.map(({ value }) => JSON.parse(value.toString()) as LiveRecord)),
      ),
    ];
    await fresh.database.query(`insert into watches values ('agent', 'a', now() + interval '1 minute')`);
    await startProcessor();
    await publish('agent-events', 'a', [agentMessage({ agent_id: 'a' }), heartbeat({ agent_id: 'a', status: 'busy' })]);
    await publish('task-events', 't', [taskEvent({ task_id: 't' })]);
    await expect
      .poll(() => open.flatMap(({ partials }) => partials.map(({ set }) => set)), { timeout: 10_000 })
      .toEqual(expect.arrayContaining(['fleet', 'model', 'message_type', 'agent']));
    const seen = (): unknown[] => live.map((each) => [each.type, 'status' in each.data ? each.data.status : null]);
    await expect.poll(seen, { timeout: 10_000 }).toEqual(
      expect.arrayContaining([
        ['agent_status', 'busy'],
        ['task_created', 'pending'],
      ]),
    );
    for (const tail of tails) await tail.stop();
  });
});
