import { describe, expect, it, test } from 'vitest';
import { fitsAll, misfit, patternMistake, writeMatcher } from './matchers.ts';

const LABELS = { alertname: 'Agent offline', team: 'search', severity: 'error', empty: '' };

describe('a matcher', () => {
  it.each([
    ['team', '=', 'search', true],
    ['team', '=', 'sea', false],
    ['team', '!=', 'ads', true],
    ['team', '!=', 'search', false],
    ['team', '=~', 'search|ads', true],
    // Patterns fit whole values.
    ['team', '=~', 'sea', false],
    ['team', '=~', 'sea.*', true],
    ['team', '!~', 'sea', true],
    ['team', '!~', 'sea.*', false],
    ['team', '=~', '(?i)SEARCH', true],
    // A label that is not there is an empty one.
    ['missing', '=', '', true],
    ['missing', '!=', 'x', true],
    ['missing', '=~', '.*', true],
    ['missing', '=~', '.+', false],
    ['empty', '=', '', true],
    ['empty', '!~', '.+', true],
    // Neither is what every object has.
    ['constructor', '=', '', true],
    ['__proto__', '=~', '.+', false],
    // What is no pattern fits nothing.
    ['team', '=~', '[', false],
    ['team', '!~', '[', false],
  ] as const)('%s %s %j fits: %s', (label, op, value, fits) => {
    expect(fitsAll([{ label, op, value }], LABELS)).toBe(fits);
  });

  it('is told by name where it is the one that does not fit', () => {
    const wrong = misfit(
      [
        { label: 'team', op: '=', value: 'search' },
        { label: 'severity', op: '=~', value: 'info|warning' },
      ],
      LABELS,
    );
    expect(wrong === undefined ? undefined : writeMatcher(wrong)).toBe('severity=~"info|warning"');
  });
});

describe('a pattern', () => {
  it.each([
    ['[', 'missing closing ]'],
    ['(?=x)', 'unsupported Perl syntax'],
    ['(a)\\1', 'invalid escape sequence'],
    ['((a{100}){100}){100}', 'invalid repeat count'],
    ['(a{500}b{500})|'.repeat(5), 'too large'],
    ['x'.repeat(257), 'longer than 256 characters'],
  ])('%j is refused', (pattern, reason) => {
    expect(patternMistake(pattern)).toContain(reason);
  });

  test.each(['(a+)+$', '(a|a)*b', '(.*)*(.*)*(.*)*x{999}', '(?:a?){30}a{30}'])('%j takes no longer than others', (pattern) => {
    expect(patternMistake(pattern)).toBeUndefined();
    const began = performance.now();
    fitsAll([{ label: 'x', op: '=~', value: pattern }], { x: 'a'.repeat(256) + '!' });
    // A backtracking engine would not come back.
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});
