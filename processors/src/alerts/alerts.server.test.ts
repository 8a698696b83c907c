import { EVENT_COLUMNS } from '@fleetbeat/contracts/aggregates.ts';
import { ruleSchema, type RuleInput } from '@fleetbeat/contracts/rules.ts';
import { loadConfig } from '@fleetbeat/infra/config.ts';
import { inTransaction } from '@fleetbeat/infra/database/database.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { freshDatabase, type FreshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { openTimeSeries } from '@fleetbeat/infra/time-series/open.ts';
import type { TimeSeriesStore } from '@fleetbeat/infra/time-series/time-series.ts';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { DEFAULT_RULES, shipDefaultRules } from './default-rules.ts';
import { evaluateRules, evaluateUnlocked, MAX_ALERTS_PER_RULE, type Evaluator } from './evaluate-rules.ts';
import { RollingWindows } from './rolling-windows.ts';
import { RuleHistory } from './rule-history.ts';

const S = 1_000;
const START = 1_800_000_000_000;

let fresh: FreshDatabase;
let store: TimeSeriesStore;
let clock: number;
let seq: number;
let source: number;

beforeEach(async () => {
  fresh = await freshDatabase();
  store = openTimeSeries(loadConfig({ DATABASE_URL: fresh.url }), fresh.database, createLogger('alerts', 'warn'));
  clock = START;
  seq = 0;
  const { rows } = await fresh.database.query<{ id: number }>(
    `insert into sources (topic, partition, clock_ms) values ('agent-events', 0, $1) returning id`,
    [START],
  );
  source = rows[0]?.id ?? 0;
});
afterEach(async () => {
  await store.close();
  await fresh.drop();
});

/** An evaluator that has just started. */
function started(): Evaluator {
  const now = () => clock;
  const sources = { store, database: fresh.database, now };
  const windows = new RollingWindows(sources, now);
  const history = new RuleHistory(sources, now);
  return { database: fresh.database, windows, history, silentMs: { agent: 30 * S, host: 30 * S }, now };
}

/** Goes on to `seconds` after the start; the log does too, unless it stands still. */
async function at(seconds: number, logStands = false): Promise<void> {
  clock = START + seconds * S;
  if (!logStands) await fresh.database.query('update sources set clock_ms = $1', [clock]);
}

async function titles(evaluator: Evaluator): Promise<string[]> {
  const round = await evaluateRules(evaluator);
  return (round?.notifications ?? []).map(({ kind, severity, title }) => `${kind} ${severity}: ${title}`);
}

async function addRule(rule: RuleInput): Promise<string> {
  const { rows } = await fresh.database.query<{ id: string }>(
    `insert into alert_rules (definition, updated_by) values ($1, 'test') returning id`,
    [ruleSchema.parse(rule)],
  );
  return rows[0]?.id ?? '';
}

/** What an agent did in the 10 s window that begins `seconds` after the start. */
async function count(agent: string, seconds: number, given: Partial<Record<keyof typeof EVENT_COLUMNS, number>>): Promise<void> {
  const values = Object.keys(EVENT_COLUMNS).map((name) => given[name as keyof typeof EVENT_COLUMNS] ?? 0);
  const window = START + seconds * S;
  const row = {
    set: 'agent',
    key: agent,
    tier: '10s',
    window,
    source,
    seq: seq++,
    values,
    sketch: null,
    distinct: null,
  } as const;
  await inTransaction(fresh.database, (transaction) => store.write([row], transaction));
}

async function sawAgent(agent: string, seconds: number): Promise<void> {
  await fresh.database.query(
    `insert into agents (agent_id, source, status, first_seen, last_seen) values ($1, $2, 'online', $3, $3)
     on conflict (agent_id) do update set last_seen = excluded.last_seen`,
    [agent, source, START + seconds * S],
  );
}

async function rowsOf(statement: string): Promise<unknown[]> {
  return (await fresh.database.query({ text: statement, rowMode: 'array' })).rows;
}

const ERRORS: RuleInput = {
  kind: 'threshold',
  name: 'Error rate',
  watch: { set: 'agent' },
  measure: 'error_rate',
  window: '1m',
  warning: { threshold: 0.1 },
  error: { threshold: 0.5 },
  for_s: 20,
};

describe('a breach', () => {
  beforeEach(async () => {
    await addRule(ERRORS);
    await count('agent-1', 0, { messages: 100, errors: 20 });
    await count('agent-2', 0, { messages: 100, errors: 1 });
  });

  it('fires once, over a restart of the evaluator, and is resolved once', async () => {
    let evaluator = started();
    await at(30);
    expect(await titles(evaluator)).toEqual([]);
    await at(40);
    expect(await titles(evaluator)).toEqual([]);
    evaluator = started();
    await at(50);
    expect(await titles(evaluator)).toEqual(['firing warning: Error rate: agent-1 at 20% (above 10%)']);
    evaluator = started();
    await at(60);
    expect(await titles(evaluator)).toEqual([]);
    // Out of the window.
    await at(90);
    expect(await titles(evaluator)).toEqual(['resolved info: Error rate: agent-1 no longer seen']);
    await at(100);
    expect(await titles(evaluator)).toEqual([]);
    expect(await rowsOf('select key, state, reason, began_at, fired_at, resolved_at from alerts')).toEqual([
      ['agent-1', 'resolved', 'no_data', START + 30 * S, START + 50 * S, START + 90 * S],
    ]);
    expect(await rowsOf('select seq, from_state, to_state, at from alert_transitions order by seq')).toEqual([
      [1, 'inactive', 'pending', START + 30 * S],
      [2, 'pending', 'firing', START + 50 * S],
      [3, 'firing', 'resolved', START + 90 * S],
    ]);
    expect(await rowsOf('select count(*)::int from notifications')).toEqual([[2]]);
    // What is pending is for nobody outside.
    expect(await rowsOf('select seq, at from alert_outbox order by seq')).toEqual([
      [2, START + 50 * S],
      [3, START + 90 * S],
    ]);
  });

  it('is told once, however many evaluators find it at the same moment', async () => {
    const evaluators = [started(), started(), started(), started()];
    await at(30);
    await Promise.all(evaluators.map(evaluateUnlocked));
    await at(50);
    const rounds = await Promise.all(evaluators.map(evaluateUnlocked));
    expect(rounds.flatMap(({ notifications }) => notifications).map(({ title }) => title)).toEqual([
      'Error rate: agent-1 at 20% (above 10%)',
    ]);
    expect(await rowsOf('select seq, to_state from alert_transitions order by seq')).toEqual([
      [1, 'pending'],
      [2, 'firing'],
    ]);
    expect(await rowsOf('select count(*)::int from notifications')).toEqual([[1]]);
  });

  it('is evaluated by one process at a time', async () => {
    const client = await fresh.database.connect();
    await client.query('begin; select pg_advisory_xact_lock(2914460871)');
    expect(await evaluateRules(started())).toBeNull();
    await client.query('rollback');
    client.release();
    expect(await evaluateRules(started())).not.toBeNull();
  });

  it('gets worse, and ends with its rule', async () => {
    const evaluator = started();
    await at(30);
    await titles(evaluator);
    await at(50);
    await count('agent-1', 20, { messages: 900, errors: 900 });
    expect(await titles(evaluator)).toEqual(['firing warning: Error rate: agent-1 at 92% (above 10%)']);
    await at(70);
    expect(await titles(evaluator)).toEqual(['escalated error: Error rate: agent-1 worse, at 92% (above 50%)']);
    await fresh.database.query('update alert_rules set deleted_at = now()');
    await at(71);
    await titles(evaluator);
    expect(await rowsOf('select state, severity, reason from alerts')).toEqual([['resolved', 'error', 'rule_disabled']]);
  });
});

test('a rule has as many alerts as it may have, and counts the rest', async () => {
  await addRule({ ...ERRORS, for_s: 0 });
  await Promise.all(
    Array.from({ length: MAX_ALERTS_PER_RULE + 40 }, (_, i) => count(`agent-${i}`, 0, { messages: 1, errors: 1 })),
  );
  await at(30);
  const evaluator = started();
  expect(await titles(evaluator)).toEqual(['firing error: Error rate: 100 agents above 50%, and 40 more']);
  expect(await rowsOf('select count(*)::int from alerts')).toEqual([[100]]);
  expect(await rowsOf('select beyond_limit, problem from alert_rule_health')).toEqual([[40, null]]);
  await at(31);
  expect(await titles(evaluator)).toEqual([]);
});

test('a rule that cannot be read holds up no other and says why', async () => {
  await fresh.database.query(
    `insert into alert_rules (definition, updated_by) values ('{"kind": "oracle", "name": "x"}', 'test')`,
  );
  await addRule({ ...ERRORS, for_s: 0 });
  await count('agent-1', 0, { messages: 1, errors: 1 });
  await at(30);
  expect(await titles(started())).toHaveLength(1);
  expect(await rowsOf('select problem from alert_rule_health order by problem nulls last')).toEqual([
    ['the rule is of another version of Fleetbeat'],
    [null],
  ]);
});

describe('agents', () => {
  beforeEach(async () => {
    await addRule({ kind: 'liveness', name: 'Agent offline', watch: { set: 'agent' } });
    await addRule({
      kind: 'threshold',
      name: 'Pipeline lag',
      watch: { set: 'pipeline' },
      measure: 'lag_s',
      error: { threshold: 30 },
    });
    for (const agent of ['agent-1', 'agent-2', 'agent-3']) await sawAgent(agent, 0);
  });

  /** Evaluates every ten seconds and answers what was told, and when. */
  async function watch(from: number, to: number, logStands = false): Promise<string[]> {
    const told: string[] = [];
    for (let second = from; second <= to; second += 10) {
      await at(second, logStands);
      told.push(...(await titles(started())).map((title) => `${second}: ${title}`));
    }
    return told;
  }

  it('that fall silent together are told together, and so are those that come back', async () => {
    expect(await watch(0, 60)).toEqual(['40: firing error: 3 agents stopped answering 40 seconds ago']);
    await sawAgent('agent-1', 65);
    expect(await watch(70, 80)).toEqual(['70: resolved info: agent-1 answers again after 30 seconds']);
  });

  it('are not called silent while the pipeline stands; the pipeline is', async () => {
    expect(await watch(0, 20)).toEqual([]);
    expect(await watch(30, 600, true)).toEqual(['60: firing error: Pipeline lag at 40 seconds (above 30 seconds)']);
    // The log goes on at 610: a gap is nobody's silence.
    expect(await watch(610, 640)).toEqual(['610: resolved info: Pipeline lag back at 0 seconds']);
    await sawAgent('agent-1', 641);
    await sawAgent('agent-2', 642);
    expect(await watch(650, 660)).toEqual(['650: firing error: agent-3 stopped answering 11 minutes ago']);
  });

  it('that fire stay so while the pipeline stands', async () => {
    expect(await watch(0, 40)).toHaveLength(1);
    expect((await watch(50, 200, true)).filter((title) => title.includes('agents'))).toEqual([]);
    expect((await watch(210, 300)).filter((title) => title.includes('agents'))).toEqual([]);
    expect(await rowsOf(`select count(*)::int from alerts where state = 'firing'`)).toEqual([[3]]);
  });

  it('that nothing has come from for a day are no longer expected', async () => {
    expect(await watch(0, 40)).toHaveLength(1);
    await at(86_500);
    await fresh.database.query('update alert_sources set clock_ms = $1', [clock]);
    expect(await titles(started())).toEqual(['resolved info: 3 agents are no longer expected']);
  });
});

test('absence is noticed of keys that are expected', async () => {
  await addRule({ kind: 'absence', name: 'Billing agent', watch: { set: 'agent', keys: ['billing'] }, window: '1m' });
  await count('billing', 0, { messages: 1 });
  await at(30);
  expect(await titles(started())).toEqual([]);
  await at(90);
  expect(await titles(started())).toEqual(['firing warning: Nothing from billing for 1 minute']);
  await count('billing', 90, { messages: 1 });
  await at(120);
  expect(await titles(started())).toEqual(['resolved info: billing heard from again']);
});

test('default rules are put there once, and stay away once deleted', async () => {
  await shipDefaultRules(fresh.database);
  await Promise.all([shipDefaultRules(fresh.database), shipDefaultRules(fresh.database)]);
  expect(await rowsOf('select count(*)::int from alert_rules where built_in')).toEqual([[DEFAULT_RULES.length]]);
  await fresh.database.query(`update alert_rules set deleted_at = now() where definition ->> 'name' = 'Agent offline'`);
  await shipDefaultRules(fresh.database);
  expect(await rowsOf('select count(*)::int from alert_rules where deleted_at is null')).toEqual([[DEFAULT_RULES.length - 1]]);
  expect((await evaluateRules(started()))?.problems).toEqual([]);
});
