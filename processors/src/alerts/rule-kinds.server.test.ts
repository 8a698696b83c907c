import type { RuleInput } from '@fleetbeat/contracts/rules.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAlertWorld, type AlertWorld } from './test-world.ts';

const DAY = 86_400;

let world: AlertWorld;
beforeEach(async () => {
  world = await createAlertWorld();
});
afterEach(() => world.close());

async function told(second: number): Promise<string[]> {
  await world.at(second);
  return world.titles(world.started());
}

describe('a rule compares', () => {
  const RULE = { kind: 'threshold', name: 'Rule', watch: { set: 'agent' }, window: '1m' } as const;
  it.each<readonly [sentence: string, rule: RuleInput, expected: string]>([
    [
      'a ratio of two measures',
      { ...RULE, measure: 'total_tool_calls', denominator: 'total_responses', warning: { threshold: 2 } },
      'firing warning: Rule: a1 at 3 (above 2)',
    ],
    [
      'a rate by second',
      { ...RULE, measure: 'total_tokens_used', per_second: true, warning: { threshold: 9 } },
      'firing warning: Rule: a1 at 10 a second (above 9 a second)',
    ],
  ])('%s', async (_, rule, expected) => {
    await world.addRule(rule);
    await world.count('agent', 'a1', 0, { messages: 40, responses: 10, tool_calls: 30, input_tokens: 600 });
    await world.count('agent', 'a2', 0, { messages: 40, responses: 0, tool_calls: 1, input_tokens: 60 });
    expect(await told(30)).toEqual([expected]);
  });

  it('the steps of a workflow', async () => {
    await world.addRule({
      kind: 'threshold',
      name: 'Failing',
      watch: { set: 'workflow' },
      measure: 'failure_rate',
      window: '5m',
      min_messages: 4,
      error: { threshold: 0.5 },
    });
    await world.count('workflow', 'billing', 0, { events: 8, started: 4, completed: 1, failed: 3 });
    await world.count('workflow', 'few', 0, { events: 2, started: 1, failed: 1 });
    expect(await told(30)).toEqual(['firing error: Failing: billing at 75% (above 50%)']);
  });

  it('what labels choose, and leave out', async () => {
    const { database } = world;
    const watch = { set: 'agent', labels: { team: 'x' }, without_labels: { stage: 'test' } } as const;
    await world.addRule({ ...RULE, watch, measure: 'total_errors', warning: { threshold: 0 } });
    for (const agent of ['in', 'test', 'other']) {
      await world.sawAgent(agent, 0);
      await world.count('agent', agent, 0, { messages: 1, errors: 1 });
    }
    await database.query(`update agents set labels = '{"team": "x"}' where agent_id <> 'other'`);
    await database.query(`update agents set labels = labels || '{"stage": "test"}' where agent_id = 'test'`);
    expect(await told(30)).toEqual(['firing warning: Rule: in at 1 (above 0)']);
  });
});

describe('a rule on change', () => {
  const CHANGE: RuleInput = {
    kind: 'change',
    name: 'Traffic',
    watch: { set: 'fleet' },
    measure: 'total_messages',
    window: '5m',
    comparison: '<',
    min_messages: 10,
    warning: { threshold: -50 },
  };

  it('compares with the same window of the day before', async () => {
    await world.addRule(CHANGE);
    await world.count('fleet', 'all', 0, { messages: 100 });
    await world.count('fleet', 'all', DAY, { messages: 40 });
    expect(await told(DAY + 120)).toEqual(['firing warning: Traffic at -60% (below -50%)']);
    // The minute is out of both windows.
    expect(await told(DAY + 400)).toEqual(['resolved info: Traffic no longer seen']);
  });

  it('says nothing where there was too little, then or now', async () => {
    await world.addRule(CHANGE);
    await world.count('fleet', 'all', 0, { messages: 9 });
    await world.count('fleet', 'all', DAY, { messages: 1_000 });
    expect(await told(DAY + 120)).toEqual([]);
  });
});

it('a budget warns at its fractions and says when it will be spent', async () => {
  await world.addRule({
    kind: 'budget',
    name: 'Tokens',
    watch: { set: 'agent', keys: ['a1'] },
    measure: 'total_tokens_used',
    period: '1h',
    limit: 1_000,
  });
  await world.count('agent', 'a1', 0, { messages: 1, input_tokens: 700 });
  expect(await told(90)).toEqual([]);
  await world.count('agent', 'a1', 60, { messages: 1, output_tokens: 200 });
  expect(await told(170)).toEqual(['firing warning: Tokens: a1 at 900 of 1K in 1h']);
  expect(await world.rowsOf('select diagnosis from alerts')).toEqual([
    [{ cause: 'over_budget', text: 'At the present rate the limit is reached in 39 seconds.' }],
  ]);
  await world.count('agent', 'a1', 120, { messages: 1, output_tokens: 200 });
  expect(await told(200)).toEqual(['escalated error: Tokens: a1 at 1.1K of 1K in 1h']);
  // Minutes leave the hour.
  expect(await told(3_700)).toEqual(['resolved info: Tokens: a1 within budget again']);
});

it('differences of the ledger alert until they are resolved', async () => {
  await world.addRule({
    kind: 'threshold',
    name: 'Ledger difference',
    watch: { set: 'pipeline' },
    measure: 'ledger_differences',
    error: { threshold: 0 },
  });
  expect(await told(0)).toEqual([]);
  await world.database.query(`insert into ledger_findings (source, kind, expected, found) select id, 'hour', 2, 1 from sources`);
  expect(await told(1)).toEqual(['firing error: Ledger difference at 2 (above 0)']);
  await world.database.query(`update ledger_findings set resolved_at = now(), resolution = 'equal'`);
  expect(await told(2)).toEqual(['resolved info: Ledger difference back at 0']);
});

it('a rule in shadow records, and tells nobody; an alert keeps to what it began as', async () => {
  const id = await world.addRule({
    kind: 'threshold',
    name: 'Shadow',
    shadow: true,
    watch: { set: 'agent' },
    measure: 'total_errors',
    window: '1m',
    error: { threshold: 0 },
  });
  const recorded = `select state, shadow, (select count(*)::int from alert_outbox o where o.alert_id = a.id) from alerts a order by id`;
  await world.count('agent', 'a1', 0, { messages: 1, errors: 1 });
  expect(await told(30)).toEqual([]);
  expect(await world.rowsOf(recorded)).toEqual([['firing', true, 0]]);
  await world.database.query(`update alert_rules set definition = definition || '{"shadow": false}' where id = $1`, [id]);
  expect(await told(31)).toEqual([]);
  expect(await told(32)).toEqual(['firing error: Shadow: a1 at 1 (above 0)']);
  expect(await world.rowsOf(recorded)).toEqual([
    ['resolved', true, 0],
    ['firing', false, 1],
  ]);
});
