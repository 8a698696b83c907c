import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_RANGE, domainOf, parseRange, rangeBetween, rangeQuery, RANGES, spanOf, stepText } from './range.ts';

const NOW = 1_700_000_000_000;

test.each([null, '', '2h', '1H', '<script>', `${NOW}-${NOW}`, `${NOW}-${NOW - 1}`, `${NOW}-${NOW + 59_999}`, '1-2', '-'])(
  '%s means the default range',
  (text) => expect(parseRange(text)).toEqual(DEFAULT_RANGE),
);

test.each(RANGES.map((range) => [range.id, range]))('%s is found, and kept in a URL', (id, range) => {
  expect(parseRange(id)).toEqual(range);
  expect(parseRange(new URLSearchParams(rangeQuery(range)).get('range'))).toEqual(range);
});

test('a stretch between two moments is kept in a URL, and stands still', () => {
  const range = rangeBetween(NOW - 90 * 60_000, NOW);
  expect(parseRange(new URLSearchParams(rangeQuery(range)).get('range'))).toEqual(range);
  expect(spanOf(range, NOW + 5_000_000)).toEqual({ from: NOW - 90 * 60_000, to: NOW });
  expect(range.within).toBe('in these 90 minutes');
});

test('the last hour ends now', () => {
  const hour = parseRange('1h');
  expect(spanOf(hour, NOW)).toEqual({ from: NOW - 3_600_000, to: NOW });
  const [from, to] = domainOf(hour, NOW);
  expect(to - from).toBe(3_600_000);
  expect(to - NOW).toBeLessThan(hour.stepMs);
});

test('windows are whole tens of seconds and no more than a chart shows, however long the range', () => {
  fc.assert(
    fc.property(fc.integer({ min: 60_000, max: 731 * 86_400_000 }), (length) => {
      const range = rangeBetween(NOW - length, NOW);
      expect(range.stepMs % 10_000).toBe(0);
      expect(length / range.stepMs).toBeLessThanOrEqual(300);
      expect(length / range.sparkStepMs).toBeLessThanOrEqual(50);
    }),
  );
});

test.each([
  [10_000, '10s'],
  [60_000, '1m'],
  [300_000, '5m'],
  [3_600_000, '1h'],
  [7 * 86_400_000, '168h'],
])('a step of %d ms is %s for the API', (ms, text) => expect(stepText(ms)).toBe(text));
