import type { BacktestAnswer } from '@fleetbeat/contracts/backtest.ts';
import { ruleSchema, type RuleInput } from '@fleetbeat/contracts/rules.ts';
import { loadConfig } from '@fleetbeat/infra/config.ts';
import { createMetrics } from '@fleetbeat/infra/metrics.ts';
import { createPostgresStore } from '@fleetbeat/infra/time-series/postgres.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createReadQuery } from '../bff/src/http/read-query.ts';
import { createRunBacktest } from '../bff/src/rules/backtest/run-backtest.ts';
import { createAlertWorld, START, type AlertWorld } from '../processors/src/alerts/test-world.ts';
import { sweepIncidents } from '../processors/src/notify/incidents/sweep-incidents.ts';

const S = 1_000;
/** Live, a window is seen 3 seconds after its end, or 12 where it matters what is missing. */
const SEEN_AFTER_S = [3, 12] as const;
const [, LAST_SEEN_AFTER_S] = SEEN_AFTER_S;
const LASTS_S = 700;
const AGENTS = ['a1', 'a2', 'a3', 'a4', 'a5', 'a6'];

const agents = { set: 'agent' } as const;
const RULES = {
  rate: {
    kind: 'threshold',
    name: 'Error rate',
    watch: agents,
    measure: 'error_rate',
    window: '1m',
    warning: { threshold: 0.2, recovery: 0.1 },
    error: { threshold: 0.5, recovery: 0.4 },
    for_s: 20,
    keep_firing_for_s: 30,
  },
  labelled: {
    kind: 'threshold',
    name: 'Tokens of a team',
    watch: { set: 'agent', labels: { team: 'x' }, without_labels: { stage: 'test' } },
    measure: 'total_tokens_used',
    window: '1m',
    per_second: true,
    error: { threshold: 40 },
  },
  quiet: {
    kind: 'threshold',
    name: 'Little traffic',
    watch: { set: 'fleet' },
    measure: 'total_messages',
    window: '1m',
    comparison: '<',
    warning: { threshold: 600 },
    for_s: 10,
  },
  absent: { kind: 'absence', name: 'Nothing from a6', watch: { set: 'agent', keys: ['a6'] }, window: '1m', for_s: 30 },
  minutes: {
    kind: 'threshold',
    name: 'Errors of a quarter',
    watch: agents,
    measure: 'total_errors',
    window: '15m',
    warning: { threshold: 200 },
  },
  // Its times differ by seconds, so nobody is told.
  silent: { kind: 'liveness', name: 'Silent', watch: agents, silent_s: 30, shadow: true },
} satisfies Record<string, RuleInput>;
type RuleName = keyof typeof RULES;

let world: AlertWorld;
const ids = new Map<string, string>();
const answers = new Map<string, BacktestAnswer>();
/** What went out live while the backtest lasts: `channel kind`. */
const sent: string[] = [];

/** The same fleet each time, of agents that have good and bad minutes, and pauses. */
function activity(agent: number, tenth: number): { messages: number; errors: number; input_tokens: number } | undefined {
  const phase = (tenth * (agent + 3) + agent * 17) % 41;
  if (agent === 5 && tenth > 30 && tenth < 48) return undefined;
  if (phase < 7) return undefined;
  const errors = phase > 30 ? 12 : phase > 24 ? 5 : phase > 20 ? 3 : 0;
  return { messages: 20, errors, input_tokens: 100 + 20 * phase };
}

beforeAll(async () => {
  world = await createAlertWorld();
  const { database } = world;
  for (const [name, rule] of Object.entries(RULES)) ids.set(name, await world.addRule(rule));
  await addPeople();
  for (const agent of AGENTS) await world.sawAgent(agent, 0);
  await database.query(`update agents set labels = '{"team": "x"}' where agent_id in ('a1', 'a2')`);
  await database.query(`update agents set labels = labels || '{"stage": "test"}' where agent_id = 'a2'`);
  const evaluator = world.started();
  const outgoing = {
    publicUrl: 'http://fleetbeat.example',
    enqueue: (_: unknown, { channelId, notice }: { channelId: string; notice: { kind: string } }) =>
      Promise.resolve(sent.push(`${channelId} ${notice.kind}`)),
  };
  const onFailure = (error: unknown) => expect.unreachable(String(error));
  const ends = LASTS_S + LAST_SEEN_AFTER_S;
  for (let second = 1; second <= ends; second += 1) {
    if (second % 10 === 0) await report(second / 10 - 1);
    // What a second finds, and what waits for it, is at one of these.
    if (!SEEN_AFTER_S.some((after) => (second - after) % 5 === 0)) continue;
    if (SEEN_AFTER_S.some((after) => second >= after && (second - after) % 10 === 0)) {
      await world.at(second);
      await world.titles(evaluator);
    }
    if (second < ends) await sweepIncidents({ database, outgoing, now: () => START + second * S, onFailure });
  }

  const runBacktest = createRunBacktest({
    config: loadConfig({}),
    database,
    timeSeries: createPostgresStore(database),
    query: createReadQuery(database, createMetrics('backtest')),
    now: () => START + ends * S,
  });
  for (const [name, rule] of Object.entries(RULES)) {
    const question = { rule: ruleSchema.parse(rule), ruleId: ids.get(name) ?? '', from: START, to: START + LASTS_S * S };
    answers.set(name, await runBacktest(question));
  }
}, 120_000);
afterAll(() => world.close());

/** What the agents did in ten seconds, the `tenth` of the world. */
async function report(tenth: number): Promise<void> {
  let messages = 0;
  for (const [i, agent] of AGENTS.entries()) {
    const did = activity(i, tenth);
    if (did === undefined) continue;
    messages += did.messages;
    await world.count('agent', agent, tenth * 10, did);
    await world.sawAgent(agent, tenth * 10 + 5);
  }
  await world.count('fleet', 'all', tenth * 10, { messages });
}

async function addPeople(): Promise<void> {
  const { database } = world;
  await database.query(
    `insert into users (id, name, email) values ('ann', 'Ann', 'ann@x.example'), ('bob', 'Bob', 'bob@x.example')`,
  );
  await database.query(
    `insert into channels (id, name, type, owner, updated_by)
     values ('chat', 'chat', 'webhook', null, 't'), ('ann', 'ann', 'webhook', 'ann', 't'), ('bob', 'bob', 'webhook', 'bob', 't')`,
  );
  const calls = (type: string, id: string, after_s: number) => ({ after_s, targets: [{ type, id }] });
  const turn = { unit: 'hours', count: 1 };
  await define('schedule', 'nights', {
    time_zone: 'UTC',
    layers: [{ name: 'All', users: ['bob'], starts_on: '2026-01-01', turn }],
  });
  await define('escalation', 'wake', {
    steps: [calls('user', 'ann', 10), calls('schedule', 'nights', 60)],
    repeat: { times: 1, after_s: 100 },
  });
  const settings = { group_wait_s: 5, group_interval_s: 40, repeat_interval_s: 200, reopen_s: 60 };
  await define('route', 'default', { parent_id: null, ...settings, channels: ['chat'], escalation_id: 'wake' });
  await define('inhibition', 'quiet', {
    source: [{ label: 'alertname', value: RULES.quiet.name }],
    target: [{ label: 'alertname', value: RULES.labelled.name }],
  });
}

async function define(kind: string, id: string, definition: object): Promise<void> {
  await world.database.query(
    `insert into alerting_definitions (kind, id, definition, created_at, created_by, updated_at, updated_by)
     values ($1, $2, $3, $4, 'ann', $4, 'ann') on conflict (kind, id) do update set definition = excluded.definition`,
    [kind, id, { name: id, ...definition }, START],
  );
}

type Recorded = readonly [key: string, at: number, to: string, severity: string, value: number | null];

/** Every change of the alerts that fired, by key and time, in seconds from the start. */
async function recorded(name: RuleName): Promise<Recorded[]> {
  const rows = await world.rowsOf(
    `select a.key, (t.at - ${START}) / 1000, t.to_state, t.severity, t.value from alert_transitions t join alerts a on a.id = t.alert_id
     where a.rule_id = '${ids.get(name) ?? ''}' and a.fired_at is not null and t.to_state in ('firing', 'resolved') order by a.key, t.at`,
  );
  return (rows as Recorded[]).map(([key, at, to, severity, value]) => [
    key,
    Number(at),
    to,
    severity,
    to === 'firing' ? value : null,
  ]);
}

function replayed(name: RuleName): Recorded[] {
  const changes = (answers.get(name)?.timeline ?? []).flatMap(({ key, levels, resolved_at: end }): Recorded[] => [
    ...levels.map(({ at, severity, value }): Recorded => [key, (at - START) / S, 'firing', severity, value]),
    ...(end === null ? [] : [[key, (end - START) / S, 'resolved', levels.at(-1)?.severity ?? '', null] as const]),
  ]);
  return changes.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]));
}

describe('a backtest of history tells what was recorded live', () => {
  it.each<[name: RuleName, least: number]>([
    ['rate', 10],
    ['labelled', 1],
    ['quiet', 2],
    ['absent', 1],
    ['minutes', 1],
  ])('of the rule %s', async (name, least) => {
    const live = await recorded(name);
    expect(live.length).toBeGreaterThan(least);
    expect(replayed(name)).toEqual(live);
  });

  it('of silence, to within ten seconds', async () => {
    const shape = (changes: readonly Recorded[]) => changes.map(([key, , to, severity]) => [key, to, severity]);
    const live = await recorded('silent');
    const tested = replayed('silent');
    expect(live.length).toBeGreaterThan(3);
    expect(shape(tested)).toEqual(shape(live));
    for (const [i, [, at]] of tested.entries()) expect(Math.abs(at - (live[i]?.[1] ?? 0))).toBeLessThanOrEqual(10);
  });

  it('and who was told', () => {
    const tellings = [...answers].flatMap(([name, { telling }]) => (name === 'silent' ? [] : [telling]));
    const all = (list: 'people' | 'channels', id: string) =>
      tellings.flatMap((telling) => telling[list]).reduce((sum, each) => (each.id === id ? sum + each.count : sum), 0);
    const live = (channel: string) => sent.filter((each) => each.startsWith(`${channel} `) && !each.endsWith(' resolved')).length;
    expect(live('ann')).toBeGreaterThan(2);
    expect([all('people', 'ann'), all('people', 'bob')]).toEqual([live('ann'), live('bob')]);
    expect(all('channels', 'chat')).toBe(sent.filter((each) => each.startsWith('chat ')).length);
  });
});
