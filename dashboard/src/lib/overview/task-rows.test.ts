import { expect, test } from 'vitest';
import { hasTasks, taskRows } from './task-rows.ts';

const TOTALS = { created: 5, started: 4, completed: 3, failed: 2, cancelled: 1, completion_rate: 0.5 };
const NO_TOTALS = { created: 0, started: 0, completed: 0, failed: 0, cancelled: 0, completion_rate: null };
const counts = (pending: number) => ({ items: [{ status: 'pending' as const, tasks: pending, more: pending >= 10_000 }] });
const brief = (rows: ReturnType<typeof taskRows>) => rows.map(({ status, now, came }) => `${status} ${now} ${came}`);

test('each status has what is there now, and what came to it', () => {
  expect(brief(taskRows(counts(7), TOTALS))).toEqual([
    'pending 7 5',
    'in_progress 0 4',
    'completed 0 3',
    'failed 0 2',
    'cancelled 0 1',
  ]);
});

test('what could not be read is not taken for none', () => {
  expect(brief(taskRows(null, TOTALS))[0]).toBe('pending null 5');
  expect(brief(taskRows(counts(7), null))[0]).toBe('pending 7 null');
});

test('a count that was cut short says so', () => {
  expect(taskRows(counts(10_000), null)[0]?.more).toBe(true);
  expect(taskRows(counts(9), null)[0]?.more).toBe(false);
});

test.each([
  ['some now', counts(1), null, true],
  ['some ended in the range and were deleted', counts(0), TOTALS, true],
  ['none', counts(0), NO_TOTALS, false],
  ['nothing is known', null, null, false],
])('tasks: %s', (_, now, totals, is) => expect(hasTasks(taskRows(now, totals))).toBe(is));
