import { expect, test } from 'vitest';
import { growthOf, type Limits, type Sample } from './growth.ts';

const LIMITS: Limits = { warmUpMinutes: 3, heapMiB: 20, share: 0.1 };

/** A sample a minute. */
function samplesOf(minutes: number, of: (minute: number) => Partial<Sample>): Sample[] {
  return Array.from({ length: minutes }, (_, minute) => ({ minute, heapMiB: 30, nodes: 2_000, listeners: 500, ...of(minute) }));
}

test('a page that stays as it is has not grown', () => {
  expect(
    growthOf(
      samplesOf(30, () => ({})),
      LIMITS,
    ),
  ).toEqual({ heapMiB: 0, nodes: 0, listeners: 0, findings: [] });
});

test('what a page fills at its beginning is not growth', () => {
  const growth = growthOf(
    samplesOf(30, (minute) => ({ heapMiB: minute < 3 ? 5 : 60 })),
    LIMITS,
  );
  expect(growth?.findings).toEqual([]);
});

test('a leak of one MiB a minute is found', () => {
  const growth = growthOf(
    samplesOf(34, (minute) => ({ heapMiB: 30 + 1.2 * minute })),
    LIMITS,
  );
  expect(growth?.findings).toEqual([expect.stringContaining('the heap has grown by 2')]);
});

test('nodes that are left behind are found, and those that come and go are not', () => {
  const leaking = growthOf(
    samplesOf(30, (minute) => ({ nodes: 2_000 + 20 * minute, listeners: 500 + 5 * minute })),
    LIMITS,
  );
  expect(leaking?.findings).toHaveLength(2);
  const changing = growthOf(
    samplesOf(30, (minute) => ({ nodes: 2_000 + (minute % 2) * 300 })),
    LIMITS,
  );
  expect(changing?.findings).toEqual([]);
});

test('too few samples tell nothing', () => {
  expect(
    growthOf(
      samplesOf(5, () => ({})),
      LIMITS,
    ),
  ).toBeNull();
});
