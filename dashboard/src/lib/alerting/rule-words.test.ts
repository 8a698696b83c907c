import { ruleSchema, type RuleInput } from '@fleetbeat/contracts/rules.ts';
import { expect, test } from 'vitest';
import { ruleSentence, subjectLink, subjectName } from './rule-words.ts';

test.each<[RuleInput, string]>([
  [
    {
      kind: 'threshold',
      name: 'r',
      watch: { set: 'agent', labels: { team: 'search' } },
      measure: 'error_rate',
      warning: { threshold: 0.1 },
      error: { threshold: 0.5 },
    },
    'Error rate of any agent with team=search over 5 minutes: warning above 10%, error above 50%',
  ],
  [
    {
      kind: 'change',
      name: 'r',
      watch: { set: 'fleet' },
      measure: 'total_messages',
      comparison: '<',
      window: '1h',
      against: 'last_week',
      warning: { threshold: -50 },
    },
    'Change of messages of the fleet over 1 hour, against the week before: warning below -50%',
  ],
  [
    { kind: 'budget', name: 'r', watch: { set: 'model', keys: ['a', 'b'] }, measure: 'total_cost_usd', limit: 20 },
    'Cost of the models a and b over 24 hours, at most $20: warning at 80%, error at 100%',
  ],
  [{ kind: 'absence', name: 'r', watch: { set: 'fleet' } }, 'Nothing at all from the fleet for 5 minutes: warning'],
  [{ kind: 'liveness', name: 'r', watch: { set: 'host' } }, 'Any host silent for so long that it is offline: error'],
  [
    { kind: 'liveness', name: 'r', watch: { set: 'agent' }, silent_s: 90, heartbeats_only: true },
    'Any agent that sends heartbeats silent for more than 90 seconds: error',
  ],
  [
    { kind: 'looping', name: 'r', watch: { set: 'agent' }, stalled_s: 3_600 },
    'Any agent that answers while none of its tasks has moved for 1 hour: warning',
  ],
])('%j reads as a sentence', (rule, sentence) => expect(ruleSentence(ruleSchema.parse(rule))).toBe(sentence));

test('an alert leads to what it is about', () => {
  expect(subjectLink({ set: 'agent', key: 'a/b' })).toBe('/agents/a%2Fb');
  expect(subjectLink({ set: 'workflow', key: 'w' })).toBeNull();
  expect(subjectName({ set: 'fleet', key: 'all' })).toBe('The fleet');
});
