import { expect, it, test } from 'vitest';
import { ruleSchema } from '@fleetbeat/contracts/rules.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { readRulesFile, writeRulesFile } from './rules-file.ts';

const RULE = `
  - kind: threshold
    name: Errors
    watch: { set: agent }
    measure: error_rate
    warning: { threshold: 0.1 }
`;

test('what is written is read again', () => {
  const rules = [
    ruleSchema.parse({ kind: 'liveness', name: 'Yes: no', watch: { set: 'agent', labels: { stage: '1e3' } }, owner: 'null' }),
    ruleSchema.parse({
      kind: 'budget',
      name: '#2',
      watch: { set: 'fleet' },
      measure: 'total_cost_usd',
      limit: 12.5,
      annotations: { a: 'x\n{{key}}: y' },
    }),
  ];
  expect(readRulesFile(writeRulesFile(rules))).toEqual(rules);
});

test('defaults may be left out', () => {
  expect(readRulesFile(`rules:${RULE}`)).toMatchObject([{ name: 'Errors', window: '5m', shadow: false }]);
});

function mistakesOf(text: string): string[] {
  try {
    readRulesFile(text);
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    const { mistakes = [] } = error.members;
    return mistakes.length === 0
      ? [error.detail]
      : mistakes.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
  }
  return [];
}

it.each<readonly [sentence: string, text: string, mistakes: readonly (string | RegExp)[]]>([
  ['nothing', '', [/^1:1 : /]],
  ['no YAML', 'rules: [', [/^1:\d+ : /]],
  ['a member twice', 'rules: []\nrules: []', [/^2:1 : Map keys must be unique/]],
  ['another member', `rules:${RULE}other: 1`, ['7:1 other: Unrecognized key: "other"']],
  ['a measure that is none', `rules:${RULE.replace('error_rate', 'errors')}`, [/^5:5 rules\.0\.measure: /]],
  [
    'a threshold that says nothing',
    `rules:${RULE.replace('0.1', '7')}`,
    [/^6:16 rules\.0\.warning\.threshold: error_rate lies between 0 and 1/],
  ],
  ['what is missing, where it would be', `rules:${RULE.replace('    measure: error_rate\n', '')}`, [/^2:5 rules\.0\.measure: /]],
  [
    'two mistakes',
    `rules:${RULE.replace('agent', 'agents').replace('name', 'nane')}`,
    [/rules\.0\.watch\.set/, /rules\.0\.name/, /^3:5 rules\.0\.nane/],
  ],
  [
    'a name twice',
    `rules:${RULE}${RULE.slice(1).replace('Errors', 'errors')}`,
    ['8:5 rules.1.name: rules.0 has the name errors already'],
  ],
  [
    'many aliases',
    `a: &a [1]\nb: &b [${'*a,'.repeat(20)}]\nc: &c [${'*b,'.repeat(20)}]\nrules: [${'*c,'.repeat(20)}]`,
    [/aliases/],
  ],
])('a file with %s is refused with its place', (_, text, expected) => {
  const mistakes = mistakesOf(text).sort();
  expect(mistakes).toHaveLength(expected.length);
  for (const each of expected) expect(mistakes).toContainEqual(typeof each === 'string' ? each : expect.stringMatching(each));
});
