import { ruleSchema, type RuleInput } from '@fleetbeat/contracts/rules.ts';
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Transition } from '@fleetbeat/infra/rules/evaluate.ts';
import { tell, TITLE_LENGTH, type ChangedAlert } from './notification-text.ts';

const NOW = 1_800_000_000_000;

const OFFLINE: RuleInput = { kind: 'liveness', name: 'Agent offline', watch: { set: 'agent' } };
const LATENCY: RuleInput = {
  kind: 'threshold',
  name: 'Response time p95',
  watch: { set: 'model' },
  measure: 'response_time_p95',
  warning: { threshold: 2_000 },
  annotations: { summary: '{{key}} takes {{value}}' },
  runbook_url: 'https://runbooks.example/latency',
};
const SPEND: RuleInput = {
  kind: 'threshold',
  name: 'Spend',
  watch: { set: 'fleet' },
  measure: 'total_cost_usd',
  error: { threshold: 50 },
};

const FIRES: Transition = { from: 'pending', to: 'firing', severity: 'error', reason: 'breach_lasted', value: 125 };
const ENDS: Transition = { from: 'firing', to: 'resolved', severity: 'error', reason: 'breach_ended', value: 0 };

function alerts(keys: readonly string[], transition: Transition): ChangedAlert[] {
  return keys.map((key, id) => ({ id, key, transition, firedAt: transition.to === 'resolved' ? NOW - 300_000 : null }));
}
function titles(rule: RuleInput, changed: readonly ChangedAlert[], beyond = 0): string[] {
  return tell(ruleSchema.parse(rule), changed, beyond, NOW).map(({ title }) => title);
}

describe('a title says', () => {
  it.each<readonly [RuleInput, readonly ChangedAlert[], string]>([
    [OFFLINE, alerts(['agent-7'], FIRES), 'agent-7 stopped answering 2 minutes ago'],
    [OFFLINE, alerts(['a', 'b', 'c'], FIRES), '3 agents stopped answering 2 minutes ago'],
    [OFFLINE, alerts(['agent-7'], ENDS), 'agent-7 answers again after 5 minutes'],
    [OFFLINE, alerts(['a', 'b'], ENDS), '2 agents answer again after 5 minutes'],
    [OFFLINE, alerts(['agent-7'], { ...ENDS, reason: 'no_data', value: null }), 'agent-7 is no longer expected'],
    [
      LATENCY,
      alerts(['model-1'], { ...FIRES, severity: 'warning', value: 4_321 }),
      'Response time p95: model-1 at 4.32 s (above 2 s)',
    ],
    [SPEND, alerts(['all'], FIRES), 'Spend at $125 (above $50)'],
    [SPEND, alerts(['all'], { ...ENDS, value: 12.5 }), 'Spend back at $12.5'],
  ])('%j %j: %s', (rule, changed, title) => {
    expect(titles(rule, changed)).toEqual([title]);
  });

  it('how many more there are', () => {
    expect(titles(OFFLINE, alerts(['a', 'b'], FIRES), 40)).toEqual(['2 agents stopped answering 2 minutes ago, and 40 more']);
  });
});

test('a body tells the first ones, or the annotations of a single one, and the runbook', () => {
  const many = tell(ruleSchema.parse(OFFLINE), alerts(['a', 'b', 'c', 'd', 'e', 'f', 'g'], FIRES), 3, NOW);
  expect(many[0]?.body).toBe('a: 2 minutes\nb: 2 minutes\nc: 2 minutes\nd: 2 minutes\ne: 2 minutes\nand 5 more');
  const one = tell(ruleSchema.parse(LATENCY), alerts(['model-1'], { ...FIRES, severity: 'warning', value: 4_321 }), 0, NOW);
  expect(one[0]?.body).toBe('model-1 takes 4.32 s\nhttps://runbooks.example/latency');
});

test('what is pending, or was, is not told', () => {
  expect(titles(OFFLINE, alerts(['a'], { ...FIRES, from: 'inactive', to: 'pending' }))).toEqual([]);
  expect(titles(OFFLINE, alerts(['a'], { ...ENDS, from: 'pending', to: 'inactive' }))).toEqual([]);
});

test('no title is longer than 80 characters, whatever the names', () => {
  const rules = fc.constantFrom(OFFLINE, LATENCY, SPEND);
  const name = fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme' }).filter((text) => /^[^\p{C}]+$/u.test(text.trim()));
  const keys = fc.array(fc.string({ minLength: 1, maxLength: 256, unit: 'grapheme' }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(rules, name, keys, fc.constantFrom(FIRES, ENDS), fc.nat(1e6), (rule, ruleName, some, transition, beyond) => {
      const parsed = ruleSchema.safeParse({ ...rule, name: ruleName });
      fc.pre(parsed.success);
      for (const { title } of tell(parsed.data as never, alerts(some, transition), beyond, NOW)) {
        expect([...title].length).toBeLessThanOrEqual(TITLE_LENGTH);
        expect(title.isWellFormed()).toBe(true);
      }
    }),
  );
});
