import { expect, it } from 'vitest';
import { panelRows, panelSeries } from './panel-rows.ts';

const points = (...values: [number, number | null][]) => values.map(([t, value]) => ({ t, value }));

it('makes a row of every window, with nothing where a series has nothing', () => {
  const rows = panelRows([
    { key: 'a', measure: 'total_errors', total: 3, points: points([20, 2], [10, 1]) },
    { key: 'b', measure: 'total_errors', total: 5, points: points([20, 5], [30, null]) },
  ]);
  expect(rows).toEqual([
    { t: 10, values: [1, null] },
    { t: 20, values: [2, 5] },
    { t: 30, values: [null, null] },
  ]);
});

it('draws counts by minute of what has passed, and calls lines by what tells them apart', () => {
  const series = [
    { key: 'a', measure: 'total_errors', total: 6, points: [] },
    { key: 'a', measure: 'response_time_p95', total: 900, points: [] },
  ];
  const row = { t: 0, values: [6, 900] };
  const [errors, latency] = panelSeries(series, { set: 'agent', measures: ['total_errors', 'response_time_p95'] });
  expect([errors?.label, latency?.label]).toEqual(['a · Errors', 'a · Response time p95']);
  expect(errors?.value(row, 30_000)).toBe(12);
  expect(latency?.value(row, 30_000)).toBe(900);
  expect(panelSeries(series, { set: 'fleet', measures: ['total_errors'] })[0]?.label).toBe('Errors');
  expect(panelSeries(series, { set: 'agent', measures: ['total_errors'] })[0]?.label).toBe('a');
});
