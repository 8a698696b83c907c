import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TIERS, WHOLE, windowStart, type PartialRow, type SetName } from '@fleetbeat/contracts/aggregates.ts';
import type { Agent, CarriedLabel, List, Metrics, ModelMetrics, Problem, Visualizations } from '@fleetbeat/contracts/api.ts';
import type { SeriesAnswer } from '@fleetbeat/contracts/dashboards.ts';
import type { LatencyHeatmap } from '@fleetbeat/contracts/latency-heatmap.ts';
import { influxServer } from '@fleetbeat/infra/testing/servers.ts';
import { COLUMN, Partial } from '@fleetbeat/infra/time-series/partial.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';
import { addAgent, addCut, addHost, addSource, addTask, gaugeRows, writeRows } from '../testing/fill.ts';
import { MAX_SCOPE_AGENTS } from '@fleetbeat/infra/series/scope.ts';

const MINUTE = 60_000;
const NOW = Date.now();
/** A whole minute, a while ago. */
const T = windowStart(NOW, MINUTE) - 20 * MINUTE;
const BUCKET = `scope_${randomBytes(6).toString('hex')}`;
const AGENTS = 12;
const E = COLUMN.events;

function influxEnvironment(): NodeJS.ProcessEnv | null {
  const server = influxServer();
  // A bucket of its own: the fleet of the shared one is everybody's.
  if (server === null || server.org !== undefined) return null;
  return { INFLUX_URL: server.url, INFLUX_BUCKET: BUCKET };
}

/** The same numbers in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => (state = (state * 48_271) % 2_147_483_647) % below;
}

/** What cuts write of events of many agents: each event counts for its agent and for the fleet. */
function rowsOfEvents(source: number): PartialRow[] {
  const next = numbers(7);
  const partials = new Map<
    string,
    { row: Pick<PartialRow, 'set' | 'key' | 'tier' | 'window' | 'source' | 'seq'>; partial: Partial }
  >();
  const take = (set: SetName, key: string, ts: number, seq: number, us: number, user: number) => {
    for (const tier of ['10s', '1m'] as const) {
      const window = windowStart(ts, TIERS[tier]);
      const name = [set, key, tier, window, seq].join(' ');
      const known = partials.get(name) ?? { row: { set, key, tier, window, source, seq }, partial: new Partial('events') };
      partials.set(name, known);
      const { partial } = known;
      const single = new Partial('events');
      for (const column of [E.messages, E.responses, E.timed]) single.values[column] = 1;
      single.values[E.errors] = us % 5 === 0 ? 1 : 0;
      for (const column of [E.response_us, E.response_us_min, E.response_us_max]) single.values[column] = us;
      single.values[E.input_tokens] = us % 1_000;
      single.values[E.cost_micros] = us % 77;
      single.addToSketch(us);
      single.addDistinct(user * 2_654_435_761, user);
      partial.merge(single);
    }
  };
  for (let i = 0; i < 3_000; i++) {
    const [agent, ts, seq, us, user] = [next(AGENTS), T + next(10 * MINUTE), next(2), 1_000 + next(3_000_000), next(200)];
    take('agent', `agent-${agent}`, ts, seq, us, user);
    take('fleet', WHOLE, ts, seq, us, user);
  }
  return [...partials.values()].map(({ row, partial }) => partial.toRow(row));
}

const engines: readonly (readonly [name: string, env: NodeJS.ProcessEnv | null])[] = [
  ['Postgres', {}],
  ['InfluxDB', influxEnvironment()],
];

describe.each(engines)('a scope in %s', (_, env) => {
  describe.skipIf(env === null)('', () => {
    let bff: TestBff;
    const range = `from=${T}&to=${T + 10 * MINUTE}`;

    beforeAll(async () => {
      bff = await startTestBff(env ?? {});
      const { database, timeSeries } = bff;
      const source = await addSource(database, 'agent-events', 0, NOW);
      const hosts = await addSource(database, 'host-events', 0, NOW);
      for (const each of [source, hosts]) {
        for (const seq of [0, 1]) await addCut(database, each, { seq, firstOffset: seq, endOffset: seq + 1, aggregated: 1 });
      }
      for (let i = 0; i < AGENTS; i++) {
        const labels = { team: 'all', environment: i % 3 === 0 ? 'staging' : 'production', 'build.no': `a,b:${i}` };
        await addAgent(database, { agent_id: `agent-${i}`, source, labels, last_seen: NOW });
      }
      await addHost(database, 'host-1', hosts, NOW);
      await addHost(database, 'host-2', hosts, NOW);
      await database.query(`update hosts set labels = '{"rack": "r2"}' where host_id = 'host-2'`);
      await writeRows(database, timeSeries, [
        ...rowsOfEvents(source),
        ...gaugeRows('host-1', hosts, 0, T, 20),
        ...gaugeRows('host-2', hosts, 0, T, 60),
      ]);
    });
    afterAll(async () => {
      await bff.stop();
      const server = influxServer();
      if (env?.['INFLUX_BUCKET'] === undefined || server === null) return;
      await fetch(`${server.url}/query`, { method: 'POST', body: new URLSearchParams({ q: `DROP DATABASE "${BUCKET}"` }) });
    });

    const ask = async <A>(path: string): Promise<A> => {
      const response = await bff.get(path);
      expect([path, response.status]).toEqual([path, 200]);
      return (await response.json()) as A;
    };

    it.each(['10s', '1m', '5m'])('that every agent fits says what the fleet says, in windows of %s', async (step) => {
      const fleet = await ask<Metrics>(`/fleet/metrics?${range}&step=${step}`);
      expect(fleet.totals.total_messages).toBe(3_000);
      expect(fleet.totals.unique_users).toBeGreaterThan(100);
      expect(await ask<Metrics>(`/fleet/metrics?${range}&step=${step}&label=team:all`)).toEqual(fleet);
      const series = `/series?set=fleet&measure=total_messages&measure=response_time_p95&measure=unique_users&${range}&step=${step}`;
      expect(await ask<SeriesAnswer>(`${series}&label=team:all`)).toEqual(await ask<SeriesAnswer>(series));
      const heat = `/latency-heatmap?set=fleet&${range}&step=${step}`;
      expect(await ask<LatencyHeatmap>(`${heat}&label=team:all`)).toEqual(await ask<LatencyHeatmap>(heat));
      const charts = await ask<Visualizations>(`/visualizations?${range}&step=${step}`);
      const scoped = await ask<Visualizations>(`/visualizations?${range}&step=${step}&label=team:all`);
      expect(scoped.items.find(({ id }) => id === 'throughput')).toEqual(charts.items.find(({ id }) => id === 'throughput'));
    });

    it('and the rest add up to the fleet', async () => {
      const total = async (label: string) =>
        (await ask<Metrics>(`/fleet/metrics?${range}&step=1m&label=${label}`)).totals.total_messages;
      const [production, staging] = [await total('environment:production'), await total('environment:staging')];
      expect(production).toBeGreaterThan(staging);
      expect(production + staging).toBe(3_000);
      expect(await total('environment:nowhere')).toBe(0);
      expect(await total(`environment:staging&label=${encodeURIComponent('build.no:a,b:3')}`)).toBeLessThan(staging);
      const byModel = await ask<ModelMetrics>(`/models/metrics?${range}&step=1m&label=environment:staging`);
      expect(byModel.models.map(({ model, totals }) => [model, totals.total_messages])).toEqual([['model-1', staging]]);
    });

    it('leaves out named agents and hosts that do not fit', async () => {
      const series = await ask<SeriesAnswer>(
        `/series?set=agent&key=agent-0&key=agent-1&measure=total_messages&${range}&label=environment:staging`,
      );
      expect(series.series.map(({ key, total }) => [key, (total ?? 0) > 0])).toEqual([
        ['agent-0', true],
        ['agent-1', false],
      ]);
      const of = async (query: string) =>
        (await ask<SeriesAnswer>(`/series?set=host&key=host-1&key=host-2&measure=cpu_usage&${range}${query}`)).series.map(
          ({ total }) => total,
        );
      expect(await of('')).toEqual([20, 60]);
      expect(await of('&label=rack:r2')).toEqual([null, 60]);
      const { history, latest } = await ask<{ history: { cpu_usage: number }[]; latest: { hosts: number } }>(
        `/performance?${range}&step=1m&label=rack:r2`,
      );
      expect([history.map((one) => one.cpu_usage), latest.hosts]).toEqual([[60], 1]);
    });
  });
});

describe('a scope', () => {
  let bff: TestBff;
  beforeAll(async () => {
    bff = await startTestBff();
    const { database } = bff;
    const source = await addSource(database, 'agent-events', 0, NOW);
    await database.query(
      `insert into agents (agent_id, source, status, labels, first_seen, last_seen)
       select 'many-' || n, $1, 'online', '{"size": "large"}', 0, 0 from generate_series(0, $2) n`,
      [source, MAX_SCOPE_AGENTS],
    );
    await addAgent(database, { agent_id: 'agent-1', source, labels: { environment: 'production' }, last_seen: NOW });
    await addTask(database, 'task-1', NOW - MINUTE);
    await addTask(database, 'task-2', NOW - MINUTE, 'failed');
    await database.query(`update tasks set agent_id = 'many-1' where task_id = 'task-2'`);
  });
  afterAll(() => bff.stop());

  const json = async <A>(path: string): Promise<A> => (await (await bff.get(path)).json()) as A;

  it('offers the labels that are carried, with how many carry each', async () => {
    const { items } = await json<{ items: CarriedLabel[] }>('/labels');
    expect(items).toEqual([
      { name: 'environment', distinct: 1, values: [{ value: 'production', agents: 1, hosts: 0 }] },
      { name: 'size', distinct: 1, values: [{ value: 'large', agents: MAX_SCOPE_AGENTS + 1, hosts: 0 }] },
    ]);
  });

  it('filters lists, and tasks by their agent', async () => {
    const { items } = await json<List<Agent>>('/agents?label=environment:production');
    expect(items.map((one) => one.agent_id)).toEqual(['agent-1']);
    const tasks = await json<List<{ task_id: string }>>('/tasks?label=environment=production');
    expect(tasks.items.map((one) => one.task_id)).toEqual(['task-1']);
    const { task_totals: totals } = await json<Visualizations>('/visualizations?label=environment:production');
    expect(totals).toMatchObject({ created: 1, completed: 1, failed: 0, completion_rate: 1 });
  });

  it.each([
    ['/fleet/metrics?label=size:large', 422, 'scope-too-large'],
    ['/series?set=fleet&measure=total_messages&label=size:large', 422, 'scope-too-large'],
    ['/models/metrics?label=size:large', 422, 'scope-too-large'],
    ['/fleet/metrics?label=environment:a&label=environment:b', 400, 'invalid-query'],
    ['/fleet/metrics?label=environment', 400, 'invalid-query'],
    ['/hosts?label=:x', 400, 'invalid-query'],
  ])('%s is refused', async (path, status, code) => {
    const problem = await json<Problem>(path);
    expect([problem.status, problem.type.split(':').at(-1)]).toEqual([status, code]);
  });
});
