import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChartMark } from '@fleetbeat/contracts/annotations.ts';
import { groupMarks, isShown, markKind } from './mark-groups.ts';

const mark = (at: number, more: Partial<ChartMark> = {}): ChartMark => ({
  kind: 'annotation',
  id: at,
  at,
  until: at,
  text: `at ${at}`,
  tags: [],
  severity: null,
  ...more,
});

test('marks that stand close are one group, the newest first', () => {
  const groups = groupMarks([mark(900), mark(110), mark(100), mark(125)], [0, 1_000], 1_000, 20);
  expect(groups.map(({ x, marks }) => [x, marks.map(({ at }) => at)])).toEqual([
    [100, [110, 100]],
    [125, [125]],
    [900, [900]],
  ]);
});

test('what began before the axis and goes on stands at its start; what is over does not', () => {
  const marks = [mark(-50, { until: null }), mark(-40, { until: -1 }), mark(-30, { until: 10 }), mark(1_000)];
  expect(groupMarks(marks, [0, 1_000], 1_000, 20).map(({ x, marks: some }) => [x, some.length])).toEqual([[0, 2]]);
});

test('every mark that is shown is in one group, and groups are apart', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -500, max: 1_500 })), fc.integer({ min: 1, max: 200 }), (times, apart) => {
      const marks = times.map((at) => mark(at));
      const groups = groupMarks(marks, [0, 1_000], 400, apart);
      expect(groups.flatMap((group) => group.marks).length).toBe(marks.filter((one) => isShown(one, [0, 1_000])).length);
      for (const [index, group] of groups.entries()) {
        const next = groups[index + 1];
        if (next !== undefined) expect(next.x - group.x).toBeGreaterThanOrEqual(apart);
      }
    }),
  );
});

test('each says what it is', () => {
  expect(markKind(mark(0))).toBe('Annotation');
  expect(markKind(mark(0, { tags: ['deploy', 'night'] }))).toBe('Deploy');
  expect(markKind(mark(0, { kind: 'incident', severity: 'error' }))).toBe('Error incident');
});
