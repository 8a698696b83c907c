import { expect, test } from 'vitest';
import { best, scoreOf } from './find.ts';

test.each<[string, string, string]>([
  ['agents', 'agents', 'agents of a host'],
  ['agents', 'age', 'the age'],
  ['web-agent', 'agent', 'reagent'],
  ['reagent', 'agent', 'a gentle one'],
])('%s is a better match for "%s" than %s', (better, typed, worse) =>
  expect(scoreOf(better, typed)).toBeGreaterThan(scoreOf(worse, typed)),
);

test.each(['x', 'tnega', 'agentss'])('"%s" is not found in agents', (typed) => expect(scoreOf('agents', typed)).toBe(0));

test('letters in order are enough, from three on', () => {
  expect(scoreOf('Pipeline', 'ppl')).toBeGreaterThan(0);
  expect(scoreOf('Pipeline', 'pn')).toBe(0);
});

test('the best come first, and no more than asked for', () => {
  const names = ['beta', 'alphabet', 'alpha', 'a-beta'];
  expect(best(names, 'beta', (name) => [name], 2)).toEqual(['beta', 'a-beta']);
  expect(best(names, '', (name) => [name], 2)).toEqual(['beta', 'alphabet']);
});
