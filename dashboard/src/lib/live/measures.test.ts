import { expect, test } from 'vitest';
import { coarsen, inStretches, mergeMeasures, noMeasures } from './measures.ts';

const window = (t: number, fields: Partial<ReturnType<typeof noMeasures>> = {}) => ({ t, ...noMeasures(), ...fields });

test('counts of windows add up, and nothing of nothing is null', () => {
  const merged = mergeMeasures([
    window(0, { total_messages: 3, total_cost_usd: 0.5 }),
    window(10, { total_messages: 4, total_cost_usd: 0.25 }),
  ]);
  expect(merged.total_messages).toBe(7);
  expect(merged.total_cost_usd).toBe(0.75);
  expect(merged.response_time_p95).toBeNull();
});

test('quantiles are weighted by responses, minimum and maximum are exact', () => {
  const merged = mergeMeasures([
    window(0, { total_responses: 1, response_time_p50: 100, response_time_min: 50, response_time_max: 100 }),
    window(10, { total_responses: 3, response_time_p50: 200, response_time_min: 80, response_time_max: 900 }),
    window(20),
  ]);
  expect(merged.response_time_p50).toBe(175);
  expect(merged.response_time_min).toBe(50);
  expect(merged.response_time_max).toBe(900);
});

test('only windows that the fine ones cover whole are made of them, with the quantiles the server knows', () => {
  const fine = [0, 10_000, 60_000, 70_000, 120_000].map((t) =>
    window(t, { total_messages: 1, total_responses: 1, response_time_p99: 10 }),
  );
  const made = coarsen(fine, 60_000, 60_000, (t) =>
    t === 60_000 ? window(t, { response_time_p99: 77, unique_users: 9 }) : undefined,
  );
  expect(made.map(({ t, total_messages, response_time_p99 }) => [t, total_messages, response_time_p99])).toEqual([
    [60_000, 2, 77],
    [120_000, 1, 10],
  ]);
});

test('a range in stretches has a gap where no window is', () => {
  const points = [0, 10, 70].map((t) => window(t, { total_messages: 1 }));
  expect(inStretches(points, 0, 80, 4).map((stretch) => stretch?.total_messages ?? null)).toEqual([2, null, null, 1]);
});
