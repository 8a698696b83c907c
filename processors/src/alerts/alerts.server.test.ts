import type { RuleInput } from '@fleetbeat/contracts/rules.ts';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { DEFAULT_RULES, shipDefaultRules } from './default-rules.ts';
import { evaluateRules } from './evaluate-rules.ts';
import { EvaluationSeat } from './evaluation-seat.ts';
import { MAX_ALERTS_PER_RULE } from './rule-changes.ts';
import { createAlertWorld, START, type AlertWorld } from './test-world.ts';

const S = 1_000;

let world: AlertWorld;
beforeEach(async () => {
  world = await createAlertWorld();
});
afterEach(() => world.close());

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
    await world.addRule(ERRORS);
    await world.count('agent', 'agent-1', 0, { messages: 100, errors: 20 });
    await world.count('agent', 'agent-2', 0, { messages: 100, errors: 1 });
  });

  it('fires once, over a restart of the evaluator, and is resolved once', async () => {
    let evaluator = world.started();
    await world.at(30);
    expect(await world.titles(evaluator)).toEqual([]);
    await world.at(40);
    expect(await world.titles(evaluator)).toEqual([]);
    evaluator = world.started();
    await world.at(50);
    expect(await world.titles(evaluator)).toEqual(['firing warning: Error rate: agent-1 at 20% (above 10%)']);
    evaluator = world.started();
    await world.at(60);
    expect(await world.titles(evaluator)).toEqual([]);
    // Out of the window.
    await world.at(90);
    expect(await world.titles(evaluator)).toEqual(['resolved info: Error rate: agent-1 no longer seen']);
    await world.at(100);
    expect(await world.titles(evaluator)).toEqual([]);
    expect(await world.rowsOf('select key, state, reason, began_at, fired_at, resolved_at from alerts')).toEqual([
      ['agent-1', 'resolved', 'no_data', START + 30 * S, START + 50 * S, START + 90 * S],
    ]);
    expect(await world.rowsOf('select seq, from_state, to_state, at from alert_transitions order by seq')).toEqual([
      [1, 'inactive', 'pending', START + 30 * S],
      [2, 'pending', 'firing', START + 50 * S],
      [3, 'firing', 'resolved', START + 90 * S],
    ]);
    expect(await world.rowsOf('select count(*)::int from notifications')).toEqual([[2]]);
    // What is pending is for nobody outside.
    expect(await world.rowsOf('select seq, at from alert_outbox order by seq')).toEqual([
      [2, START + 50 * S],
      [3, START + 90 * S],
    ]);
  });

  it('is told once, however many evaluators find it at the same moment', async () => {
    const evaluators = [world.started(), world.started(), world.started(), world.started()];
    await world.at(30);
    await Promise.all(evaluators.map(evaluateRules));
    await world.at(50);
    const rounds = await Promise.all(evaluators.map(evaluateRules));
    expect(rounds.flatMap(({ notifications }) => notifications).map(({ title }) => title)).toEqual([
      'Error rate: agent-1 at 20% (above 10%)',
    ]);
    expect(await world.rowsOf('select seq, to_state from alert_transitions order by seq')).toEqual([
      [1, 'pending'],
      [2, 'firing'],
    ]);
    expect(await world.rowsOf('select count(*)::int from notifications')).toEqual([[1]]);
  });

  it('is evaluated by one process, until it gives that up or is not heard of', async () => {
    const [first, second] = [new EvaluationSeat(world.database), new EvaluationSeat(world.database)];
    const who = async () => [await first.isMine(), await second.isMine()];
    expect([await who(), await who()]).toEqual([
      [true, false],
      [true, false],
    ]);
    await first.leave();
    expect(await second.isMine()).toBe(true);
    expect(await who()).toEqual([false, true]);
    await first.leave();
    expect(await who()).toEqual([false, true]);
    await world.database.query(`update alert_evaluator set until = clock_timestamp() - interval '1 second'`);
    expect(await who()).toEqual([true, false]);
  });

  it('gets worse, and ends with its rule', async () => {
    const evaluator = world.started();
    await world.at(30);
    await world.titles(evaluator);
    await world.at(50);
    await world.count('agent', 'agent-1', 20, { messages: 900, errors: 900 });
    expect(await world.titles(evaluator)).toEqual(['firing warning: Error rate: agent-1 at 92% (above 10%)']);
    await world.at(70);
    expect(await world.titles(evaluator)).toEqual(['escalated error: Error rate: agent-1 worse, at 92% (above 50%)']);
    await world.database.query('update alert_rules set deleted_at = now()');
    await world.at(71);
    await world.titles(evaluator);
    expect(await world.rowsOf('select state, severity, reason from alerts')).toEqual([['resolved', 'error', 'rule_disabled']]);
  });
});

test('a rule has as many alerts as it may have, and counts the rest', async () => {
  await world.addRule({ ...ERRORS, for_s: 0 });
  await Promise.all(
    Array.from({ length: MAX_ALERTS_PER_RULE + 40 }, (_, i) => world.count('agent', `agent-${i}`, 0, { messages: 1, errors: 1 })),
  );
  await world.at(30);
  const evaluator = world.started();
  expect(await world.titles(evaluator)).toEqual(['firing error: Error rate: 100 agents above 50%, and 40 more']);
  expect(await world.rowsOf('select count(*)::int from alerts')).toEqual([[100]]);
  expect(await world.rowsOf('select beyond_limit, problem from alert_rule_health')).toEqual([[40, null]]);
  await world.at(31);
  expect(await world.titles(evaluator)).toEqual([]);
});

test('a rule that cannot be read holds up no other and says why', async () => {
  await world.database.query(
    `insert into alert_rules (definition, updated_by) values ('{"kind": "oracle", "name": "x"}', 'test')`,
  );
  await world.addRule({ ...ERRORS, for_s: 0 });
  await world.count('agent', 'agent-1', 0, { messages: 1, errors: 1 });
  await world.at(30);
  expect(await world.titles(world.started())).toHaveLength(1);
  expect(await world.rowsOf('select problem from alert_rule_health order by problem nulls last')).toEqual([
    ['the rule is of another version of Fleetbeat'],
    [null],
  ]);
});

test('rules that change together are written together, and one that cannot be written holds up no other', async () => {
  for (const name of ['Poison', 'Errors', 'More errors']) await world.addRule({ ...ERRORS, name, for_s: 0 });
  await world.database.query(`alter table notifications add check (title not like '%Poison%')`);
  for (const agent of ['agent-1', 'agent-2']) await world.count('agent', agent, 0, { messages: 1, errors: 1 });
  await world.at(30);
  const told = ['firing error: Errors: 2 agents above 50%', 'firing error: More errors: 2 agents above 50%'];
  expect(await world.titles(world.started())).toEqual(told);
  const problems = `select r.definition ->> 'name', h.problem like '%violates check constraint%' from alert_rule_health h
    join alert_rules r on r.id = h.rule_id where h.problem is not null`;
  expect(await world.rowsOf(problems)).toEqual([['Poison', true]]);
  const written = `select r.definition ->> 'name', count(*)::int, array_agg(t.to_state), count(o.*)::int from alerts a
    join alert_rules r on r.id = a.rule_id join alert_transitions t on t.alert_id = a.id
    left join alert_outbox o on o.alert_id = a.id and o.seq = t.seq group by 1 order by 1`;
  expect(await world.rowsOf(written)).toEqual([
    ['Errors', 2, ['firing', 'firing'], 2],
    ['More errors', 2, ['firing', 'firing'], 2],
  ]);
  expect(await world.rowsOf('select title, cardinality(alert_ids) from notifications order by id')).toEqual([
    ['Errors: 2 agents above 50%', 2],
    ['More errors: 2 agents above 50%', 2],
  ]);
});

describe('agents', () => {
  beforeEach(async () => {
    await world.addRule({ kind: 'liveness', name: 'Agent offline', watch: { set: 'agent' } });
    await world.addRule({
      kind: 'threshold',
      name: 'Pipeline lag',
      watch: { set: 'pipeline' },
      measure: 'lag_s',
      error: { threshold: 30 },
    });
    for (const agent of ['agent-1', 'agent-2', 'agent-3']) await world.sawAgent(agent, 0);
  });

  /** Evaluates every ten seconds and answers what was told, and when. */
  async function watch(from: number, to: number, logStands = false): Promise<string[]> {
    const told: string[] = [];
    for (let second = from; second <= to; second += 10) {
      await world.at(second, logStands);
      told.push(...(await world.titles(world.started())).map((title) => `${second}: ${title}`));
    }
    return told;
  }

  it('that fall silent together are told together, and so are those that come back', async () => {
    expect(await watch(0, 60)).toEqual(['40: firing error: 3 agents stopped answering 40 seconds ago']);
    await world.sawAgent('agent-1', 65);
    expect(await watch(70, 80)).toEqual(['70: resolved info: agent-1 answers again after 30 seconds']);
  });

  it('are waited for by a rule on heartbeats only where they have ever sent one', async () => {
    await world.database.query(`update alert_rules set definition = definition || '{"heartbeats_only": true}'`);
    await world.sawAgent('agent-4', 0, { heartbeat: true });
    expect(await watch(0, 60)).toEqual(['40: firing error: agent-4 stopped answering 40 seconds ago']);
  });

  it('are not called silent while the pipeline stands; the pipeline is', async () => {
    expect(await watch(0, 20)).toEqual([]);
    expect(await watch(30, 600, true)).toEqual(['60: firing error: Pipeline lag at 40 seconds (above 30 seconds)']);
    // The log goes on at 610: a gap is nobody's silence.
    expect(await watch(610, 640)).toEqual(['610: resolved info: Pipeline lag back at 0 seconds']);
    await world.sawAgent('agent-1', 641);
    await world.sawAgent('agent-2', 642);
    expect(await watch(650, 660)).toEqual(['650: firing error: agent-3 stopped answering 11 minutes ago']);
  });

  it('are not called silent while processors that have just started catch up, nor are those late at once', async () => {
    const evaluator = { ...world.started(), since: START + 100 * S };
    for (const [second, told] of [
      [140, []],
      [159, []],
      [160, ['firing error: Pipeline lag at 3 minutes (above 30 seconds)']],
    ] as const) {
      await world.at(second, true);
      expect(await world.titles(evaluator)).toEqual(told);
    }
  });

  it('that fire stay so while the pipeline stands', async () => {
    expect(await watch(0, 40)).toHaveLength(1);
    expect((await watch(50, 200, true)).filter((title) => title.includes('agents'))).toEqual([]);
    expect((await watch(210, 300)).filter((title) => title.includes('agents'))).toEqual([]);
    expect(await world.rowsOf(`select count(*)::int from alerts where state = 'firing'`)).toEqual([[3]]);
  });

  it('that nothing has come from for a day are no longer expected', async () => {
    expect(await watch(0, 40)).toHaveLength(1);
    await world.at(86_500);
    await world.database.query('update alert_sources set clock_ms = $1', [START + 86_500 * S]);
    expect(await world.titles(world.started())).toEqual(['resolved info: 3 agents are no longer expected']);
  });
});

test('absence is noticed of keys that are expected', async () => {
  await world.addRule({ kind: 'absence', name: 'Billing agent', watch: { set: 'agent', keys: ['billing'] }, window: '1m' });
  await world.count('agent', 'billing', 0, { messages: 1 });
  await world.at(30);
  expect(await world.titles(world.started())).toEqual([]);
  await world.at(90);
  expect(await world.titles(world.started())).toEqual(['firing warning: Nothing from billing for 1 minute']);
  await world.count('agent', 'billing', 90, { messages: 1 });
  await world.at(120);
  expect(await world.titles(world.started())).toEqual(['resolved info: billing heard from again']);
});

test('default rules are put there once, and stay away once deleted', async () => {
  await shipDefaultRules(world.database);
  await Promise.all([shipDefaultRules(world.database), shipDefaultRules(world.database)]);
  expect(await world.rowsOf('select count(*)::int from alert_rules where built_in')).toEqual([[DEFAULT_RULES.length]]);
  await world.database.query(`update alert_rules set deleted_at = now() where definition ->> 'name' = 'Agent offline'`);
  await shipDefaultRules(world.database);
  expect(await world.rowsOf('select count(*)::int from alert_rules where deleted_at is null')).toEqual([
    [DEFAULT_RULES.length - 1],
  ]);
  expect((await evaluateRules(world.started())).problems).toEqual([]);
});
