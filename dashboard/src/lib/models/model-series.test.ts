import { expect, it } from 'vitest';
import type { Measures, ModelMetrics } from '@fleetbeat/contracts/api.ts';
import { countedByModel, errorRateOf, linesByModel, orderedModels, signsOfCharts } from './model-series.ts';

type Model = ModelMetrics['models'][number];
const measures = (some: Partial<Measures>) =>
  ({ total_messages: 0, total_errors: 0, response_time_p95: null, ...some }) as Measures;
const model = (name: string, cost: number, points: readonly (readonly [t: number, cost: number])[] = []): Model => ({
  model: name,
  totals: measures({ total_cost_usd: cost, total_messages: cost, response_time_p95: cost === 0 ? null : 100 - cost }),
  series: points.map(([t, value]) => ({ ...measures({ total_cost_usd: value, response_time_p95: value }), t })),
});
const cost = (one: Measures) => one.total_cost_usd;
const NONE = new Map<string, never>();

it('stacks the models with the most by minute, and sums the others up', () => {
  const many = Array.from({ length: 9 }, (_, n) => model(`m${n}`, 9 - n, [[0, 9 - n]]));
  const { rows, series } = countedByModel(many, cost, NONE);
  expect(series.map(({ label }) => label)).toEqual(['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', '2 others']);
  expect(rows).toEqual([{ t: 0, values: [9, 8, 7, 6, 5, 4, 3, 3] }]);
  expect(rows[0] && series[0]?.value(rows[0], 30_000)).toBe(18);
});

it('leaves out a model that has nothing of it, and names what names no model', () => {
  expect(countedByModel([model('a', 0), model('none', 1)], cost, NONE).series.map(({ label }) => label)).toEqual([
    'No model named',
  ]);
});

it('has a gap in a line where a model has nothing', () => {
  const { rows } = linesByModel([model('a', 2, [[0, 5]]), model('b', 1, [[10, 6]])], (one) => one.response_time_p95, NONE);
  expect(rows).toEqual([
    { t: 0, values: [5, null] },
    { t: 10, values: [null, 6] },
  ]);
});

it('gives every model that is drawn by itself a sign of its own, the same on every chart', () => {
  const many = Array.from({ length: 20 }, (_, n) => model(`model-${n}`, 20 - n, [[0, 20 - n]]));
  const fewest = (one: Measures) => 21 - one.total_cost_usd;
  const signs = signsOfCharts(many, [cost, fewest], [cost]);
  expect(signs.size).toBe(14);
  expect(new Set([...signs.values()].map(({ color, texture }) => `${color} ${texture}`)).size).toBe(14);
  const { series } = countedByModel(many, cost, signs);
  for (const { key, color, texture } of series.slice(0, 7)) expect({ color, texture }).toEqual(signs.get(key));
  expect(signsOfCharts(many.toReversed(), [fewest, cost], [cost])).toEqual(signs);
});

it('puts models in order by what is asked', () => {
  const models = [model('a', 1), model('b', 3), model('c', 0)];
  expect(orderedModels(models, 'cost').map((one) => one.model)).toEqual(['b', 'a', 'c']);
  expect(orderedModels(models, 'slowest').map((one) => one.model)).toEqual(['a', 'b', 'c']);
});

it('has no error rate where there was no message', () => {
  expect(errorRateOf(measures({}))).toBeNull();
  expect(errorRateOf(measures({ total_errors: 1, total_messages: 4 }))).toBe(0.25);
});
