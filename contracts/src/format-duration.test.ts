import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatAge, formatAgo, formatDuration, formatLength } from './format-duration.ts';

test.each([
  [0, '0 ms'],
  [0.001, '<0.01 ms'],
  [0.42, '0.42 ms'],
  [0.996, '1.0 ms'],
  [5.04, '5.0 ms'],
  [340, '340 ms'],
  [999.7, '1.00 s'],
  [1_200, '1.20 s'],
  [1_234, '1.23 s'],
  [2_000, '2 s'],
  [2_003, '2.00 s'],
  [9_996, '10.0 s'],
  [30_000, '30 s'],
  [45_500, '45.5 s'],
  [59_990, '1 min'],
  [180_000, '3 min'],
  [185_000, '3 min 5 s'],
  [25 * 60_000, '25 min'],
  [3_600_000, '1 h'],
  [7_500_000, '2 h 5 min'],
  [3_599_999, '1 h'],
  [76 * 3_600_000, '3 d 4 h'],
  [-340, '−340 ms'],
])('%d ms read %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 };
/** What a reader takes it for, in milliseconds. */
function readAs(text: string): number {
  return [...text.matchAll(/([\d.]+) (ms|s|min|h|d)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0),
    0,
  );
}
/** Evenly over the magnitudes: from a microsecond to a month. */
const anyDuration = fc.double({ min: -3, max: 9.4, noNaN: true }).map((exponent) => 10 ** exponent);

test('the longer never reads as the shorter', () => {
  fc.assert(
    fc.property(anyDuration, fc.double({ min: 1, max: 1.2, noNaN: true }), (ms, factor) => {
      expect(readAs(formatDuration(ms * factor))).toBeGreaterThanOrEqual(readAs(formatDuration(ms)));
    }),
  );
});

test('it reads as what it is, to half of its last digit', () => {
  fc.assert(
    fc.property(anyDuration, (ms) => {
      fc.pre(ms >= 0.005);
      const steps = [0.01, 0.1, 1, 10, 100, 1_000, 60_000, 3_600_000];
      const step = steps[[0.995, 9.95, 999.5, 9_995, 59_950, 599_500, 86_370_000].findLastIndex((from) => ms >= from) + 1] ?? 0;
      expect(Math.abs(readAs(formatDuration(ms)) - ms)).toBeLessThanOrEqual((step / 2) * 1.000001);
    }),
  );
});

test('what is measured below ten seconds has three digits, whatever they are', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1_001, max: 9_994 }), (ms) => {
      fc.pre(ms % 1_000 !== 0);
      expect(formatDuration(ms)).toMatch(/^\d\.\d\d s$/);
    }),
  );
});

test.each([null, undefined, Number.NaN])('%s reads as nothing', (ms) => expect(formatDuration(ms)).toBe('–'));

test.each([
  [-5, '0 s'],
  [4_900, '4 s'],
  [12 * 60_000, '12 min'],
  [47 * 3_600_000, '47 h'],
  [50 * 3_600_000, '2 d'],
])('an age of %d ms reads %s', (ms, text) => expect(formatAge(ms)).toBe(text));

test('what is less than two seconds old is just now', () => {
  expect(formatAgo(1_900)).toBe('just now');
  expect(formatAgo(2_000)).toBe('2 s ago');
});

test.each([
  [1_000, '1 second'],
  [90_000, '90 seconds'],
  [90 * 60_000, '90 minutes'],
  [36 * 3_600_000, '36 hours'],
  [12 * 86_400_000, '12 days'],
])('%d ms last %s', (ms, text) => expect(formatLength(ms)).toBe(text));
