import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { budgetSteps, limitIn, observeBudget } from './budget.ts';

const HOUR = 3_600_000;

test('a day is counted in hours, the running one included; an hour in minutes', () => {
  const now = Date.UTC(2026, 0, 2, 10, 30, 15);
  expect(budgetSteps('24h', now)).toEqual({ from: Date.UTC(2026, 0, 1, 11), stepMs: HOUR, count: 24 });
  expect(budgetSteps('1h', now)).toEqual({ from: Date.UTC(2026, 0, 2, 9, 31), stepMs: 60_000, count: 60 });
  expect(budgetSteps('30d', now).count).toBe(720);
});

describe('the forecast', () => {
  it.each<readonly [sentence: string, limit: number, spent: readonly number[], elapsed: number, seconds: number | undefined]>([
    ['is now where the limit is reached', 10, [0, 5, 5], HOUR / 2, 0],
    ['is never where nothing is spent', 10, [9, 0, 0], HOUR / 2, undefined],
    ['goes by the rate of the last full hour and the running one', 50, [0, 0, 0, 10, 5], HOUR / 2, 3.5 * 3_600],
    ['reckons with what leaves the period', 60, [30, 0, 0, 10, 5], HOUR / 2, undefined],
    ['is never where the whole period at this rate is within the limit', 51, [0, 0, 0, 10, 5], HOUR / 2, undefined],
  ])('%s', (_, limit, spent, elapsed, seconds) => {
    expect(limitIn(limit, spent, HOUR, elapsed)).toBe(seconds);
  });

  it('is what comes when spending goes on evenly', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 3, maxLength: 30 }),
        fc.integer({ min: 1, max: 4_000 }),
        (spent, limit) => {
          const seconds = limitIn(limit, spent, HOUR, HOUR);
          const rate = ((spent.at(-1) ?? 0) + (spent.at(-2) ?? 0)) / 2;
          // Hour by hour: the sum at the end of each, before the oldest hour leaves.
          const sums = spent.map((_, hours) => spent.slice(hours).reduce((sum, each) => sum + each, 0) + rate * hours);
          const reached = sums.findIndex((sum) => sum >= limit);
          if (reached === -1) expect(seconds).toBeUndefined();
          else expect(Math.ceil((seconds ?? NaN) / 3_600 - 1e-9) + 0).toBe(reached);
        },
      ),
    );
  });
});

test('what a budget sees is the sum and the forecast', () => {
  expect(observeBudget({ limit: 100 }, [1, 2, 3], HOUR, HOUR)).toEqual({ kind: 'value', value: 6, limitIn: undefined });
});
