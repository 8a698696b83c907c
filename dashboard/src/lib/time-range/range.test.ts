import { expect, test } from 'vitest';
import { DEFAULT_RANGE, parseRange, rangeQuery, RANGES, stepText } from './range.ts';

test.each([null, '', '2h', '1H', '<script>'])('%s means the default range', (text) =>
  expect(parseRange(text)).toBe(DEFAULT_RANGE),
);

test.each(RANGES.map((range) => [range.id, range]))('%s is found, and kept in a URL', (id, range) => {
  expect(parseRange(id)).toBe(range);
  expect(parseRange(new URLSearchParams(rangeQuery(range)).get('range'))).toBe(range);
});

test.each(RANGES.map((range) => [range.id, range]))(
  'the windows of %s are whole tens of seconds and no more than a chart shows',
  (_, range) => {
    expect(range.stepMs % 10_000).toBe(0);
    expect(range.sparkStepMs % 10_000).toBe(0);
    expect(range.lengthMs % range.stepMs).toBe(0);
    expect(range.lengthMs / range.stepMs).toBeLessThanOrEqual(400);
  },
);

test.each([
  [10_000, '10s'],
  [60_000, '1m'],
  [300_000, '5m'],
  [3_600_000, '1h'],
])('a step of %d ms is %s for the API', (ms, text) => expect(stepText(ms)).toBe(text));
