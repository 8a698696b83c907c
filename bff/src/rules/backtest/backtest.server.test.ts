import type { BacktestAnswer, BacktestInput } from '@fleetbeat/contracts/backtest.ts';
import type { Problem } from '@fleetbeat/contracts/api.ts';
import { ruleSchema, type RuleInput } from '@fleetbeat/contracts/rules.ts';
import { influxServer } from '@fleetbeat/infra/testing/servers.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addAgent, addCut, addHost, addRule, addSource, eventRow, gaugeRows, writeRows } from '../../testing/fill.ts';
import { startTestBff, type TestBff } from '../../start-test-bff.ts';

const S = 1_000;
const MINUTE = 60 * S;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const HOUR_S = HOUR / S;
const NOW = Date.now();
/** A whole minute, a while ago. */
const T = Math.floor(NOW / MINUTE) * MINUTE - 30 * MINUTE;
/** Live, a window is seen so long after its end; that of a rule on what is missing later. */
const SEEN_AFTER = 12 * S;
const SEEN_SOON_AFTER = 3 * S;

const influx = influxServer();
const engines: readonly (readonly [name: string, env: NodeJS.ProcessEnv | null])[] = [
  ['Postgres', {}],
  [
    'InfluxDB',
    influx && {
      INFLUX_URL: influx.url,
      INFLUX_TOKEN: influx.token,
      INFLUX_ORG: influx.org,
      INFLUX_BUCKET: influx.bucket ?? `backtest_${process.pid}`,
    },
  ],
];

describe.each(engines)('a backtest over %s', (name, env) => {
  describe.skipIf(env === null)('', () => {
    let bff: TestBff;
    let source = 0;
    const suffix = `${name}-${process.pid}-${NOW}`;
    const [slow, fast, host] = [`slow-${suffix}`, `fast-${suffix}`, `host-${suffix}`];

    beforeAll(async () => {
      bff = await startTestBff(env ?? {});
      const { database, timeSeries } = bff;
      source = await addSource(database, 'agent-events', 0, NOW);
      const hosts = await addSource(database, 'host-events', 0, NOW);
      for (const each of [source, hosts]) await addCut(database, each, { seq: 0, firstOffset: 0, endOffset: 1, aggregated: 1 });
      for (const agent_id of [slow, fast]) await addAgent(database, { agent_id, source, last_seen: T, labels: { team: 'x' } });
      await addHost(database, host, hosts, T);
      // Slow answers of one agent for two minutes, and the same of yesterday by half as many.
      const minutes = [0, 1, 2, 3, 4, 5, 6, 7];
      const rows = minutes.flatMap((minute) => {
        const isSlow = minute === 2 || minute === 3;
        const at = T + minute * MINUTE;
        return [
          ...busy(slow, at, 10, isSlow ? [4_000, 5_000] : [100, 120]),
          ...busy(fast, at, 10, [100]),
          ...busy(slow, at - DAY, 5, [100]),
          ...gaugeRows(host, hosts, 0, at, isSlow ? 97 : 20),
        ];
      });
      await writeRows(database, timeSeries, rows);
    });
    afterAll(() => bff.stop());

    function busy(key: string, at: number, messages: number, responseMs: number[]) {
      return (['10s', '1m'] as const).map((tier) =>
        eventRow({ set: 'agent', key, tier, window: at, source, seq: 0 }, { messages, input_tokens: 100 }, responseMs),
      );
    }

    async function ask<T = BacktestAnswer>(body: BacktestInput | object): Promise<{ status: number; body: T }> {
      const headers = { authorization: `Bearer ${bff.key}`, 'content-type': 'application/json' };
      const response = await fetch(`${bff.url}/api/v1/rules/backtest`, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: response.status, body: (await response.json()) as T };
    }

    async function timeline(rule: RuleInput, from = T, to = T + 12 * MINUTE): Promise<unknown[]> {
      const { status, body } = await ask({ rule, from, to });
      expect(status, JSON.stringify(body)).toBe(200);
      return body.timeline.map(({ key, fired_at: fired, resolved_at: resolved, severity, value }) => {
        const after = rule.kind === 'threshold' && !rule.comparison?.startsWith('<') ? SEEN_SOON_AFTER : SEEN_AFTER;
        const seconds = (at: number | null) => (at === null ? null : (at - T - after) / S);
        return [key, seconds(fired), seconds(resolved), severity, value === null ? null : Math.round(value)];
      });
    }
    const watch = (): RuleInput['watch'] => ({ set: 'agent', keys: [slow, fast] });

    it('reads quantiles, and gauges of hosts', async () => {
      const p95 = { measure: 'response_time_p95', window: '1m', error: { threshold: 3_000 } } as const;
      const [alert] = (await timeline({ kind: 'threshold', name: 'Slow', watch: watch(), ...p95 })) as [unknown[]];
      expect(alert.slice(0, 4)).toEqual([slow, 130, 250, 'error']);
      expect(alert[4]).toBeGreaterThan(4_900);
      const cpu = { measure: 'cpu_usage', window: '1m', warning: { threshold: 90 } } as const;
      expect(await timeline({ kind: 'threshold', name: 'CPU', watch: { set: 'host', keys: [host] }, ...cpu })).toEqual([
        [host, 130, 250, 'warning', 97],
      ]);
      expect(await timeline({ kind: 'threshold', name: 'CPU', watch: { set: 'host', labels: { rack: 'r2' } }, ...cpu })).toEqual(
        [],
      );
    });

    it('compares with the day before, and counts what is spent', async () => {
      const change = { measure: 'total_messages', window: '1m', warning: { threshold: 50 } } as const;
      expect((await timeline({ kind: 'change', name: 'More', watch: watch(), ...change }))[0]).toEqual([
        slow,
        60,
        540,
        'warning',
        100,
      ]);
      const budget = { measure: 'total_tokens_used', period: '24h', limit: 600 } as const;
      // Of yesterday 800 are in the period until they leave it with their hour.
      const [spent] = (await timeline({ kind: 'budget', name: 'Spent', watch: { set: 'agent', keys: [fast] }, ...budget })) as [
        unknown[],
      ];
      expect(spent).toEqual([fast, 300, null, 'error', 500]);
    });

    it('finds who was silent, and what was absent', async () => {
      const often = await timeline({ kind: 'liveness', name: 'Silent', watch: watch(), silent_s: 30 }, T, T + 3 * MINUTE);
      // One of them at once: it had said nothing since yesterday.
      expect(often).toHaveLength(7);
      expect((often[0] as unknown[]).slice(0, 3)).toEqual([slow, -SEEN_AFTER / S, 10 - SEEN_AFTER / S]);
      const silent = { kind: 'liveness', name: 'Silent', watch: watch(), silent_s: 90 } as const;
      const [atOnce, ...said] = (await timeline(silent)) as [string, ...unknown[]][];
      expect(atOnce?.slice(0, 4)).toEqual([slow, -SEEN_AFTER / S, 10 - SEEN_AFTER / S, 'error']);
      // Of yesterday, which is read by the hour.
      expect(Number(atOnce?.[4]) / HOUR_S).toBeGreaterThan(22);
      expect(Number(atOnce?.[4]) / HOUR_S).toBeLessThan(24);
      // The last was said at seven minutes; liveness does not wait for windows.
      expect(said.toSorted(([a], [b]) => (a < b ? -1 : 1))).toEqual(
        [fast, slow].map((key) => [key, 520 - SEEN_AFTER / S, null, 'error', 90]),
      );
      const absent = {
        kind: 'absence',
        name: 'Nothing',
        watch: { set: 'agent', keys: [fast] as string[] },
        window: '5m',
      } as const;
      // Nothing came before the range, until it began to speak, and then it ended.
      expect(await timeline(absent, T, T + 13 * MINUTE)).toEqual([
        [fast, 0, 10, 'warning', null],
        [fast, 730, null, 'warning', null],
      ]);
    });

    it('of a saved rule is that of the same rule unsaved, and changes nothing', async () => {
      const rule = ruleSchema.parse({
        kind: 'threshold',
        name: `Saved ${suffix}`,
        watch: watch(),
        measure: 'response_time_p95',
        window: '5m',
        warning: { threshold: 1_000 },
      });
      await addRule(bff.database, 'saved', rule);
      const saved = await ask({ rule_id: 'saved', from: T, to: new Date(T + 12 * MINUTE).toISOString() });
      expect(saved).toMatchObject({ status: 200, body: { fired: 1, series: 2, step_ms: 10_000 } });
      expect(saved.body).toEqual((await ask({ rule, from: T, to: T + 12 * MINUTE })).body);
      expect(saved.body.firing_ms).toBe(saved.body.by_severity.warning.firing_ms);
      const { rows } = await bff.database.query(
        'select from alerts union all select from audit_logs union all select from incidents',
      );
      expect(rows).toEqual([]);
    });
  });
});

describe('a backtest', () => {
  let bff: TestBff;
  beforeAll(async () => {
    bff = await startTestBff();
  });
  afterAll(() => bff.stop());

  const LAG = { kind: 'threshold', name: 'x', watch: { set: 'pipeline' }, measure: 'lag_s', error: { threshold: 1 } };
  const FLEET = { kind: 'threshold', name: 'x', watch: { set: 'fleet' }, measure: 'total_errors', error: { threshold: 1 } };
  const SILENT = { kind: 'liveness', name: 'x', watch: { set: 'agent' } };
  const HOURS = { from: NOW - 2 * HOUR };

  it.each<readonly [sentence: string, body: object, status: number, code: string, detail: RegExp]>([
    ['no rule', HOURS, 400, 'invalid-body', /either rule or rule_id/],
    ['two rules', { ...HOURS, rule: FLEET, rule_id: 'a' }, 400, 'invalid-body', /either rule or rule_id/],
    ['a rule that is none', { ...HOURS, rule: { ...FLEET, window: '2m' } }, 400, 'invalid-body', /rule\.window: /],
    ['a rule that is not there', { ...HOURS, rule_id: 'a' }, 404, 'unknown-rule', /no rule/],
    ['no beginning', { rule: FLEET }, 400, 'invalid-body', /^from: /],
    ['an end before the beginning', { rule: FLEET, from: NOW, to: NOW - HOUR }, 400, 'invalid-body', /^to: must lie after from/],
    ['the future', { rule: FLEET, from: NOW + HOUR }, 400, 'empty-range', /no whole window/],
    ['the end of time', { rule: FLEET, from: 8.64e15 }, 400, 'empty-range', /no whole window/],
    ['what is kept no more', { rule: FLEET, from: NOW - 31 * DAY }, 422, 'history-expired', /30 days.*let from be 20\d\d-/],
    [
      'silence in coarse windows',
      { rule: SILENT, from: NOW - 4 * DAY },
      422,
      'history-expired',
      /ten seconds are kept for 3 days/,
    ],
    [
      'what nothing is kept of',
      { ...HOURS, rule: LAG },
      422,
      'no-history',
      /lagged is not kept: where a source stood still.*shadow/,
    ],
    [
      'tasks',
      { ...HOURS, rule: { kind: 'looping', name: 'x', watch: { set: 'agent' } } },
      422,
      'no-history',
      /tasks moved and agents were busy is kept of the newest time alone.*shadow/,
    ],
  ])('about %s is refused with the reason', async (_, body, status, code, detail) => {
    const headers = { authorization: `Bearer ${bff.key}`, 'content-type': 'application/json' };
    const response = await fetch(`${bff.url}/api/v1/rules/backtest`, { method: 'POST', headers, body: JSON.stringify(body) });
    const problem = (await response.json()) as Problem;
    expect([response.status, problem.type, problem.detail]).toEqual([
      status,
      `urn:fleetbeat:problem:${code}`,
      expect.stringMatching(detail),
    ]);
  });

  it('tells each mistake of a rule with its place', async () => {
    const headers = { authorization: `Bearer ${bff.key}`, 'content-type': 'application/json' };
    const rule = { ...FLEET, name: '', error: { threshold: -1 } };
    const response = await fetch(`${bff.url}/api/v1/rules`, { method: 'POST', headers, body: JSON.stringify(rule) });
    expect(((await response.json()) as Problem).mistakes).toEqual([
      { path: 'name', message: 'must not be empty' },
      { path: 'error.threshold', message: expect.stringContaining('is never below 0') as string },
    ]);
  });

  it('of open differences of the ledger counts them as they were', async () => {
    const rule = {
      kind: 'threshold',
      name: 'x',
      watch: { set: 'pipeline' },
      measure: 'ledger_differences',
      error: { threshold: 0 },
    };
    const source = await addSource(bff.database, 'agent-events', 0, NOW);
    await bff.database.query(
      `insert into ledger_findings (source, kind, expected, found, first_seen, resolved_at, resolution)
       values ($1, 'hour', 2, 1, to_timestamp($2), to_timestamp($3), 'equal')`,
      [source, (T + MINUTE) / 1_000, (T + 3 * MINUTE) / 1_000],
    );
    const headers = { authorization: `Bearer ${bff.key}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ rule, from: T, to: T + 10 * MINUTE });
    const response = await fetch(`${bff.url}/api/v1/rules/backtest`, { method: 'POST', headers, body });
    expect(await response.json()).toMatchObject({
      fired: 1,
      firing_ms: 2 * MINUTE,
      timeline: [{ key: 'all', fired_at: T + MINUTE, resolved_at: T + 3 * MINUTE }],
    });
  });
});
