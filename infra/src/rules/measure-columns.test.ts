import { FAMILIES, SETS } from '@fleetbeat/contracts/aggregates.ts';
import { isCounted, MEASURES_OF, type RuleMeasure, type WindowSet } from '@fleetbeat/contracts/rule-measures.ts';
import { Partial } from '../time-series/partial.ts';
import { expect, test } from 'vitest';
import { columnsOf } from './measure-columns.ts';
import { valueOf } from './measure-value.ts';

const SETS_OF_WINDOWS = ['agent', 'model', 'fleet', 'host', 'workflow'] as const satisfies WindowSet[];
const CASES = SETS_OF_WINDOWS.flatMap((set) =>
  (MEASURES_OF[set] as readonly RuleMeasure[]).map((measure) => [set, measure] as const),
);

/** Every column has a value that no other has. */
function windowWith(set: WindowSet, has: (column: number) => boolean, sketch: boolean, distinct: boolean): Partial {
  const family = SETS[set];
  const partial = new Partial(family);
  Object.keys(FAMILIES[family].columns).forEach((_, column) => {
    if (has(column)) partial.values[column] = 1_000 + 7 ** column;
  });
  if (sketch) for (const value of [2_000, 40_000, 900_000]) partial.addToSketch(value);
  if (distinct) for (const user of [1, 2, 3]) partial.addDistinct(user, user);
  return partial;
}

test.each(CASES)('what is needed of %s windows tells %s', (set, measure) => {
  const needed = columnsOf(set, [measure]);
  const some = windowWith(set, (column) => needed.columns.includes(column), needed.sketch, needed.distinct);
  const all = windowWith(set, () => true, true, true);
  for (const least of [0, 100]) {
    const asked = { measure, denominator: undefined, min_messages: least };
    expect(valueOf(asked, some)).toBe(valueOf(asked, all));
    expect(valueOf(asked, all)).not.toBeNull();
  }
});

test.each(CASES.filter(([, measure]) => isCounted(measure)))('of %s windows both parts of a ratio of %s', (set, measure) => {
  const ratio = { measure: (MEASURES_OF[set] as readonly RuleMeasure[])[0] ?? measure, denominator: measure, min_messages: 1 };
  const needed = columnsOf(set, [ratio.measure, ratio.denominator]);
  const some = windowWith(set, (column) => needed.columns.includes(column), needed.sketch, needed.distinct);
  expect(valueOf(ratio, some)).toBe(
    valueOf(
      ratio,
      windowWith(set, () => true, true, true),
    ),
  );
});
