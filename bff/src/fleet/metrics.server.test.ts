import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostMetrics, Metrics, ModelMetrics, Performance, Visualizations } from '@fleetbeat/contracts/api.ts';
import { influxServer } from '@fleetbeat/infra/testing/servers.ts';
import { addAgent, addCut, addHost, addSource, eventRow, gaugeRows, taskRow, writeRows } from '../testing/fill.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

const MINUTE = 60_000;
const NOW = Date.now();
/** A whole minute, a while ago. */
const T = Math.floor(NOW / MINUTE) * MINUTE - 10 * MINUTE;

function influxEnvironment(): NodeJS.ProcessEnv | null {
  const server = influxServer();
  if (server === null) return null;
  return {
    INFLUX_URL: server.url,
    INFLUX_TOKEN: server.token,
    INFLUX_ORG: server.org,
    INFLUX_BUCKET: server.bucket,
  };
}

const engines: readonly (readonly [name: string, env: NodeJS.ProcessEnv | null])[] = [
  ['Postgres', {}],
  ['InfluxDB', influxEnvironment()],
];

describe.each(engines)('metrics from %s', (name, env) => {
  describe.skipIf(env === null)('', () => {
    let bff: TestBff;
    const suffix = `${name}-${process.pid}-${NOW}`;
    const [agent, model, host, workflow] = [`agent-${suffix}`, `model-${suffix}`, `host-${suffix}`, `flow-${suffix}`];

    beforeAll(async () => {
      bff = await startTestBff(env ?? {});
      const { database, timeSeries } = bff;
      const source = await addSource(database, 'agent-events', 0, NOW);
      const hosts = await addSource(database, 'host-events', 0, NOW);
      for (const each of [source, hosts]) {
        await addCut(database, each, { seq: 0, firstOffset: 0, endOffset: 1, aggregated: 1 });
        await addCut(database, each, { seq: 1, firstOffset: 1, endOffset: 2, aggregated: 1 });
      }
      await addAgent(database, { agent_id: agent, source, last_seen: NOW });
      await addHost(database, host, hosts, NOW);
      // Two cuts in one window, one in the next.
      const events = (set: 'agent' | 'model', key: string) =>
        (['10s', '1m'] as const).flatMap((tier) => [
          eventRow(
            { set, key, tier, window: T, source, seq: 0 },
            {
              messages: 5,
              responses: 3,
              errors: 1,
              input_tokens: 1_000,
              output_tokens: 50,
              scored: 1,
              score_micros: 4e6,
              cost_micros: 250_000,
            },
            [100, 200, 300],
          ),
          eventRow(
            { set, key, tier, window: T, source, seq: 1 },
            { messages: 2, responses: 1, input_tokens: 500, scored: 1, score_micros: 5e6 },
            [1_000],
          ),
          eventRow({ set, key, tier, window: T + MINUTE, source, seq: 1 }, { messages: 1, heartbeats: 3 }),
        ]);
      await writeRows(database, timeSeries, [
        ...events('agent', agent),
        ...events('model', model),
        ...gaugeRows(host, hosts, 0, T, 20),
        ...gaugeRows(host, hosts, 1, T, 60),
        taskRow(
          { set: 'workflow', key: workflow, tier: '1m', window: T, source, seq: 0 },
          { created: 4, completed: 3, failed: 1 },
        ),
      ]);
    });
    afterAll(() => bff.stop());

    const ask = async <A>(path: string): Promise<A> => {
      const response = await bff.get(path);
      expect(response.status).toBe(200);
      return (await response.json()) as A;
    };

    it.each(['10s', '1m', '5m'])('add up over cuts and windows of %s', async (step) => {
      const metrics = await ask<Metrics>(`/agents/${agent}/metrics?from=${T + 1}&to=${T + MINUTE + 1}&step=${step}`);
      expect(metrics.totals).toMatchObject({
        total_messages: 8,
        total_responses: 4,
        total_errors: 1,
        total_heartbeats: 3,
        input_tokens: 1_500,
        output_tokens: 50,
        total_tokens_used: 1_550,
        total_cost_usd: 0.25,
        average_response_time: 400,
        response_time_min: 100,
        response_time_max: 1_000,
        average_feedback_score: 4.5,
      });
      // 100, 200, 300 and 1,000 ms, quantiles between two of them interpolated; within 1%.
      expect(Math.abs((metrics.totals.response_time_p50 ?? 0) - 250)).toBeLessThan(2.5);
      expect(Math.abs((metrics.totals.response_time_p99 ?? 0) - 979)).toBeLessThan(9.8);
      const counts = metrics.series.map(({ t, total_messages: messages }) => [t, messages]);
      if (step === '5m') expect(counts.reduce((sum, [, messages]) => sum + (messages ?? 0), 0)).toBe(8);
      else
        expect(counts).toEqual([
          [T, 7],
          [T + MINUTE, 1],
        ]);
    });

    it('echo the range rounded outward', async () => {
      const metrics = await ask<Metrics>(
        `/agents/${agent}/metrics?from=${new Date(T + 1_234).toISOString()}&to=${T + 61_234}&step=1m`,
      );
      expect(metrics).toMatchObject({ from: T, to: T + 2 * MINUTE, step_ms: MINUTE });
    });

    it('of a range ahead are empty, not wrong', async () => {
      const metrics = await ask<Metrics>(`/agents/${agent}/metrics?from=${NOW + 3_600_000}&to=${NOW + 7_200_000}`);
      expect(metrics).toMatchObject({ series: [], totals: { total_messages: 0, average_response_time: null, unique_users: 0 } });
    });

    it('come by model', async () => {
      const { models } = await ask<ModelMetrics>(`/models/metrics?from=${T}&to=${T + MINUTE}&step=1m`);
      expect(models.find((each) => each.model === model)).toMatchObject({
        totals: { total_messages: 7 },
        series: [{ t: T, total_messages: 7 }],
      });
    });

    it('of hosts are gauges', async () => {
      const metrics = await ask<HostMetrics>(`/hosts/${host}/metrics?from=${T}&to=${T + MINUTE}&step=1m`);
      expect(metrics.gauges['cpu_usage']).toEqual([{ t: T, avg: 40, min: 20, max: 60, last: 60 }]);
      expect(metrics.samples['cpu_usage']).toBe(4);
      const { latest, history } = await ask<Performance>(`/performance?from=${T}&to=${T + MINUTE}&step=1m`);
      expect(history).toEqual([{ t: T, cpu_usage: 40, memory_usage: 40, disk_usage: 40 }]);
      expect(latest).toMatchObject({ hosts: 1, cpu_usage: 50 });
    });

    it('are ready to be drawn', async () => {
      const { items } = await ask<Visualizations>(`/visualizations?from=${T}&to=${T + 3 * MINUTE}&step=1m`);
      const rates = items.find(({ id }) => id === 'workflow_completion_rate')?.series.find((series) => series.name === workflow);
      expect(rates?.points).toEqual([
        { x: T, y: 75 },
        { x: T + MINUTE, y: null },
        { x: T + 2 * MINUTE, y: null },
      ]);
    });
  });
});
