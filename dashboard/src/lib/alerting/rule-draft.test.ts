import { ruleSchema, type RuleInput } from '@fleetbeat/contracts/rules.ts';
import { describe, expect, it } from 'vitest';
import { differences, draftOf, KIND_NAMES, newDraft, readLabels, ruleOf, SETS_OF, withKind, type Kind } from './rule-draft.ts';

const RULES: RuleInput[] = [
  {
    kind: 'threshold',
    name: 'Ratio',
    watch: { set: 'agent', labels: { team: 'x' }, without_labels: { stage: 'test', old: '' } },
    measure: 'total_errors',
    denominator: 'total_messages',
    window: '15m',
    comparison: '>=',
    warning: { threshold: 0.1, recovery: 0.05 },
    error: { threshold: 0.5 },
    min_messages: 5,
    for_s: 30,
    keep_firing_for_s: 10,
    labels: { severity_class: 'a' },
    annotations: { summary: '{{key}} fails', more: 'x' },
    runbook_url: 'https://x.example/',
    owner: 'search',
    shadow: true,
    enabled: false,
  },
  {
    kind: 'threshold',
    name: 'Rate',
    watch: { set: 'fleet' },
    measure: 'total_tokens_used',
    per_second: true,
    error: { threshold: 1 },
  },
  {
    kind: 'change',
    name: 'Less',
    watch: { set: 'model', keys: ['a'] },
    measure: 'total_messages',
    comparison: '<',
    warning: { threshold: -50 },
    against: 'last_week',
  },
  {
    kind: 'budget',
    name: 'Money',
    watch: { set: 'fleet' },
    measure: 'total_cost_usd',
    limit: 12.5,
    warning_at: 0.07,
    error_at: null,
    warn_ahead_s: 60,
  },
  { kind: 'absence', name: 'Nothing', watch: { set: 'host' }, window: '1h', severity: 'info' },
  { kind: 'liveness', name: 'Silent', watch: { set: 'host' }, silent_s: 90 },
  { kind: 'liveness', name: 'Silent as usual', watch: { set: 'agent', keys: ['a', 'b'] }, heartbeats_only: true },
  { kind: 'looping', name: 'Loops', watch: { set: 'agent' }, stalled_s: 600 },
];

describe('a draft', () => {
  it.each(RULES.map((rule) => [rule.name, rule] as const))('of %s says the same rule', (_, input) => {
    const rule = ruleSchema.parse(input);
    expect(ruleSchema.parse(ruleOf(draftOf(rule)))).toEqual(rule);
  });

  it('that is new says a rule but for its name', () => {
    expect(ruleSchema.safeParse(ruleOf(newDraft())).error?.issues.map(({ path }) => path.join('.'))).toEqual(['name']);
  });

  it.each(Object.keys(KIND_NAMES) as Kind[])('of another kind, %s, watches and measures what it can', (kind) => {
    for (const input of RULES) {
      const draft = { ...withKind(draftOf(ruleSchema.parse(input)), kind), warning: { threshold: null, recovery: null } };
      const whole = {
        ...draft,
        error: { threshold: 50, recovery: null },
        comparison: '>' as const,
        limit: 1,
        choice: 'keys' as const,
        keys: ['a'],
      };
      const strange = ruleSchema
        .safeParse(ruleOf(whole))
        .error?.issues.filter(({ path: [first] }) => first === 'watch' || first === 'measure' || first === 'denominator');
      expect([draft.set, strange ?? []]).toEqual([draft.set, []]);
      expect(SETS_OF[kind]).toContain(draft.set);
    }
  });

  it('reads labels as they are written', () => {
    expect(readLabels(' team = search,stage=, a=b=c,, x')).toEqual({ team: 'search', stage: '', a: 'b=c', x: '' });
  });
});

it('two versions differ in fields', () => {
  const rule = ruleSchema.parse(RULES[0]);
  const after = ruleSchema.parse({ ...RULES[0], for_s: 60, warning: { threshold: 0.2 }, watch: { set: 'agent', keys: ['a'] } });
  expect(differences(rule, after)).toEqual([
    { field: 'watch.labels.team', before: 'x', after: '' },
    { field: 'watch.without_labels.stage', before: 'test', after: '' },
    { field: 'for_s', before: '30', after: '60' },
    { field: 'warning.threshold', before: '0.1', after: '0.2' },
    { field: 'warning.recovery', before: '0.05', after: '' },
    { field: 'watch.keys', before: '', after: '["a"]' },
  ]);
});
