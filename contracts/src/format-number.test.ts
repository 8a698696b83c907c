import { describe, expect, test } from 'vitest';
import {
  formatByteRate,
  formatBytes,
  formatChange,
  formatCount,
  formatExact,
  formatMoney,
  formatNumber,
  formatPercent,
  formatRate,
  formatShare,
} from './format-number.ts';

describe('numbers have three significant digits', () => {
  test.each([
    [0, '0'],
    [7, '7'],
    [999, '999'],
    [0.25, '0.25'],
    [12.345, '12.3'],
    [9.996, '10'],
    [99.96, '100'],
    [999.6, '1.00k'],
    [1_000, '1.00k'],
    [1_234, '1.23k'],
    [18_059_974, '18.1M'],
    [999_950, '1.00M'],
    [2.5e9, '2.50B'],
    [-42, '−42'],
    [-1_500, '−1.50k'],
    [0.0004, '<0.001'],
    [0.0123, '0.0123'],
  ])('%d reads %s', (value, text) => expect(formatNumber(value)).toBe(text));

  test.each([null, undefined, Number.NaN, Number.POSITIVE_INFINITY])('%s reads as nothing', (value) =>
    expect(formatNumber(value)).toBe('–'),
  );
});

test.each([
  [0.0667, '0.1'],
  [0.01, '0'],
  [9.96, '10'],
  [46.84, '46.8'],
  [null, '–'],
])('a rate of %s reads %s', (rate, text) => expect(formatRate(rate)).toBe(text));

test('an exact count keeps every digit', () => {
  expect(formatExact(18_059_974)).toBe('18,059,974');
  expect(formatExact(-3)).toBe('−3');
});

test.each([
  [0, '0%'],
  [0.00824, '0.824%'],
  [0.123, '12.3%'],
  [1, '100%'],
  [0.00001, '<0.01%'],
])('a share of %d reads %s', (share, text) => expect(formatShare(share)).toBe(text));

test('a percentage of 34.56 reads 34.6%', () => expect(formatPercent(34.56)).toBe('34.6%'));

test.each([
  [0, '$0'],
  [0.0042, '$0.00420'],
  [0.74, '$0.740'],
  [0.9996, '$1.00'],
  [1.234, '$1.23'],
  [532.3, '$532.30'],
  [12_345, '$12.3k'],
  [0.00001, '<$0.0001'],
])('%d dollars read %s', (dollars, text) => expect(formatMoney(dollars)).toBe(text));

test.each([
  [0, '0 B'],
  [512, '512 B'],
  [1_536, '1.50 KiB'],
  [16_777_216, '16.0 MiB'],
  [1_023.9, '1.00 KiB'],
])('%d bytes read %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test.each([
  [0, '0 B/s'],
  [289_400, '289 kB/s'],
  [1e6, '1.00 MB/s'],
  [2.5e9, '2.50 GB/s'],
  [null, '–'],
])('a flow of %s reads %s', (rate, text) => expect(formatByteRate(rate)).toBe(text));

describe('a change carries its sign', () => {
  test.each([
    [110, 100, '+10%', 'up'],
    [96, 100, '−4%', 'down'],
    [100.7, 100, '+0.7%', 'up'],
    [320, 100, '×3.20', 'up'],
    [56_730, 1, '×56.7k', 'up'],
    [100, 100, '±0%', 'same'],
    [0, 100, '−100%', 'down'],
  ])('%d after %d is %s', (now, before, text, direction) => expect(formatChange(now, before)).toEqual({ text, direction }));

  test.each([
    [1, 0],
    [null, 1],
    [1, null],
  ])('%s after %s has none', (now, before) => expect(formatChange(now, before)).toBeNull());
});

test('one thing is singular', () => {
  expect(formatCount(1, 'agent')).toBe('1 agent');
  expect(formatCount(0, 'agent')).toBe('0 agents');
  expect(formatCount(1_200, 'reply', 'replies')).toBe('1.20k replies');
});
