import type { EventTopic } from '@fleetbeat/contracts/events.ts';
import { agentMessage, heartbeat, hostSample, ndjson, taskEvent } from '@fleetbeat/contracts/testing.ts';
import { loadConfig } from '@fleetbeat/infra/config.ts';
import type { LogRecord } from '@fleetbeat/infra/event-log/event-log.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { freshDatabase, influxServer, type FreshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { openTimeSeries } from '@fleetbeat/infra/time-series/open.ts';
import type { TimeSeriesStore } from '@fleetbeat/infra/time-series/time-series.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AgentReduction } from '../agent-reduction.ts';
import { createCutStore } from '../engine/cut-store.ts';
import type { Reduction } from '../engine/cut.ts';
import { SourceProcessor } from '../engine/source-processor.ts';
import { HostReduction } from '../host-reduction.ts';
import { TaskReduction } from '../task-reduction.ts';
import { reconcile, type RoundResult } from './reconcile.ts';

const DAY = 24 * 3_600_000;
const KEEPING = { raw: 7 * DAY, '1m': 30 * DAY };

let fresh: FreshDatabase;
let store: TimeSeriesStore;
let sources: Map<EventTopic, SourceProcessor>;
let offsets: Map<EventTopic, number>;

const REDUCTIONS: Record<EventTopic, () => Reduction> = {
  'agent-events': () => new AgentReduction(true),
  'host-events': () => new HostReduction(),
  'task-events': () => new TaskReduction(() => undefined),
};

/** Stores a cut of these events of a topic, as a processor does. `skip` offsets were dropped from the log before. */
async function cut(topic: EventTopic, events: readonly object[], skip = 0): Promise<void> {
  let source = sources.get(topic);
  if (source === undefined) {
    source = await SourceProcessor.open(topic, 0, {
      cuts: createCutStore(fresh.database, store, 'test'),
      reduce: REDUCTIONS[topic],
      now: Date.now,
      times: { longest: 1e9, idle: 1e9, ticksOnly: 1e9 },
      horizon: 1_000,
      onReplayDiffers: () => undefined,
    });
    sources.set(topic, source);
  }
  const offset = (offsets.get(topic) ?? 0) + skip;
  offsets.set(topic, offset + 1);
  const record: LogRecord = {
    offset,
    appendedAt: Date.now(),
    key: null,
    value: ndjson(events),
    count: events.length,
    tick: false,
  };
  await source.records([record]);
  await source.flush();
}

async function round(): Promise<RoundResult> {
  const result = await reconcile({ database: fresh.database, store, keeping: KEEPING, now: Date.now });
  if (result === null) throw new Error('another one reconciles');
  return result;
}

/** Open findings, after as many rounds as it takes to come by everything once. */
async function findings(): Promise<unknown[][]> {
  for (let n = 0; n < 6; n++) await round();
  const { rows } = await fresh.database.query<{ kind: string; expected: number; found: number }>(
    'select kind, expected, found from ledger_findings where resolved_at is null order by kind, seq',
  );
  return rows.map(({ kind, expected, found }) => [kind, expected, found]);
}

async function change(statement: string): Promise<void> {
  expect((await fresh.database.query(statement)).rowCount).toBeGreaterThan(0);
}

const server = influxServer();
/** Every test takes a database of its own, which only a 1.x server makes when it is first written to. */
const INFLUX = server?.org === undefined ? server : null;

/** A day of every kind of events, in five cuts. */
async function fill(engine: string): Promise<void> {
  fresh = await freshDatabase();
  sources = new Map();
  offsets = new Map();
  const env = { DATABASE_URL: fresh.url };
  const influx = { INFLUX_URL: INFLUX?.url, INFLUX_TOKEN: INFLUX?.token, INFLUX_BUCKET: new URL(fresh.url).pathname.slice(1) };
  const config = loadConfig(engine === 'postgres' ? env : { ...env, ...influx });
  store = openTimeSeries(config, fresh.database, createLogger('ledger', 'warn'));
  const now = Date.now();
  await cut('agent-events', [agentMessage({ agent_id: 'a', ts: now }), heartbeat({ agent_id: 'b', ts: now - 20 * 3_600_000 })]);
  await cut('host-events', [hostSample({ host_id: 'h', ts: now }), hostSample({ host_id: 'i', ts: now - 3_600_000 })]);
  await cut('task-events', [
    taskEvent({ task_id: 't', ts: now }),
    taskEvent({ task_id: 't', status: 'failed', ts: now - 60_000 }),
  ]);
  await cut('agent-events', [agentMessage({ agent_id: 'a', ts: now - 3_600_000 }), agentMessage({ agent_id: 'b', ts: now })]);
  await cut('task-events', [taskEvent({ task_id: 'u', status: 'in_progress', ts: now })]);
}

async function clear(): Promise<void> {
  await store.close();
  if (store.engine === 'influxdb') {
    const q = `DROP DATABASE "${new URL(fresh.url).pathname.slice(1)}"`;
    await fetch(`${INFLUX?.url}/query`, { method: 'POST', body: new URLSearchParams({ q }) });
  }
  await fresh.drop();
}

describe.each(INFLUX === null ? ['postgres'] : ['postgres', 'influxdb'])('the ledger on %s', (engine) => {
  beforeEach(() => fill(engine));
  afterEach(clear);

  test('of a sound pipeline differs nowhere, and says how far it has come', async () => {
    const { hoursLeft } = await round();
    expect(hoursLeft).toBe(0);
    expect(await findings()).toEqual([]);
    const { rows } = await fresh.database.query<{ behind: number }>(
      `select (select max(seq) from cuts c where c.source = l.source) - reconciled_seq as behind from ledger_sources l`,
    );
    expect(rows).toEqual([{ behind: 0 }, { behind: 0 }, { behind: 0 }]);
    await cut('agent-events', [agentMessage({ agent_id: 'a' })]);
    expect(await findings()).toEqual([]);
  });

  test('tells offsets that were lost', async () => {
    await cut('agent-events', [agentMessage({ agent_id: 'a' })], 3);
    expect(await findings()).toEqual([['expired', 0, 3]]);
    await change(`update ledger_findings set first_seen = now() - interval '8 days'`);
    expect(await findings()).toEqual([]);
    const { rows } = await fresh.database.query('select resolution from ledger_findings');
    expect(rows).toEqual([{ resolution: 'outlived' }]);
  });

  test('tells a cut that is gone, and resolves when it is back', async () => {
    await cut('agent-events', [agentMessage({ agent_id: 'a' })]);
    await fresh.database.query('create table kept as select * from cuts where source = 1 and seq = 1');
    await change('delete from cuts where source = 1 and seq = 1');
    expect((await findings()).map(([kind]) => kind)).toContain('offset_gap');
    await change('insert into cuts select * from kept');
    expect(await findings()).toEqual([]);
  });

  test('tells raw events that are gone, before and after the cut was compared, and resolves when they are back', async () => {
    await fresh.database.query('create table kept as select * from event_blocks');
    await change(`delete from event_blocks where agent_id = 'a' and seq = 1`);
    expect(await findings()).toEqual([
      ['raw_of_agent', 1, 0],
      ['raw_of_cut', 2, 1],
    ]);
    await change(`insert into event_blocks select * from kept on conflict do nothing`);
    expect(await findings()).toEqual([]);

    await change(`update event_blocks set events = 7 where agent_id = 'b' and seq = 0`);
    expect(await findings()).toEqual([['raw_of_agent', 1, 7]]);
    await change(`update event_blocks set events = 1 where agent_id = 'b' and seq = 0`);
    expect(await findings()).toEqual([]);
  });

  test('does not take what is on its way for missing, and waits for whoever is at it', async () => {
    await change(`update cuts set stored_at = null where source = 1 and seq = 1`);
    await change(`delete from event_blocks where seq = 1`);
    expect(await findings()).toEqual([]);
    const both = await Promise.all(
      [1, 2].map(() => reconcile({ database: fresh.database, store, keeping: KEEPING, now: Date.now })),
    );
    expect(both.filter((each) => each !== null).length).toBeGreaterThanOrEqual(1);
  });

  test('tells rows of a cut that never came', async () => {
    const now = Date.now();
    const lost: TimeSeriesStore = { ...store, write: () => Promise.resolve() };
    const whole = store;
    store = lost;
    sources.clear();
    await cut('agent-events', [agentMessage({ agent_id: 'a', ts: now }), agentMessage({ agent_id: 'a', ts: now })]);
    store = whole;
    expect(await findings()).toEqual([
      ['hour_total', expect.any(Number), expect.any(Number)],
      ['raw_of_agent', 0, 2],
    ]);
  });
});

describe('a row that somebody has changed', () => {
  beforeEach(() => fill('postgres'));
  afterEach(clear);

  test.each([
    ['event_partials', 'messages', `set_name = 'fleet'`],
    ['gauge_partials', 'samples', `key = 'cpu_usage/h'`],
    ['task_partials', 'events', `set_name = 'tasks' and failed > 0`],
  ])('of %s is told, and the difference resolved when it is repaired', async (table, column, where) => {
    expect(await findings()).toEqual([]);
    const { rows } = await fresh.database.query<{ place: string }>(
      `select ctid::text as place from ${table} where tier_s = 60 and ${column} > 0 and ${where} limit 1`,
    );
    expect(rows).toHaveLength(1);
    const before = await fresh.database.query<{ row: string }>(`select sum(${column}) as row from ${table}`);
    await change(`update ${table} set ${column} = ${column} + 3 where ctid = '${rows[0]?.place}'`);
    const found = await findings();
    expect(found).toEqual([['hour_total', expect.any(Number), expect.any(Number)]]);
    expect(Number(found[0]?.[2]) - Number(found[0]?.[1])).toBe(3);

    await change(`update ${table} set ${column} = ${column} - 3 where tier_s = 60 and ${column} > 3 and ${where}`);
    expect((await fresh.database.query(`select sum(${column}) as row from ${table}`)).rows).toEqual(before.rows);
    expect(await findings()).toEqual([]);
    const { rows: resolved } = await fresh.database.query('select kind, resolution from ledger_findings');
    expect(resolved).toEqual([{ kind: 'hour_total', resolution: 'equal' }]);
  });
});
