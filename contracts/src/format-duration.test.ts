import { expect, test } from 'vitest';
import { formatAge, formatAgo, formatDuration, formatLength } from './format-duration.ts';

test.each([
  [0, '0 ms'],
  [0.42, '0.42 ms'],
  [5.04, '5 ms'],
  [340, '340 ms'],
  [999.7, '1.0 s'],
  [1_200, '1.2 s'],
  [1_234, '1.23 s'],
  [9_960, '10 s'],
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
