import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_WINDOWS } from '@fleetbeat/infra/time-series/read-windows.ts';
import { parseStep, parseTime, timeRange, windowRange } from './time-range.ts';

const NOW = Date.parse('2026-03-01T12:34:56.789Z');
const HOUR = 3_600_000;

describe('a time', () => {
  it.each([
    ['0', 0],
    ['1772368496789', NOW],
    ['2026-03-01T12:34:56.789Z', NOW],
    ['2026-03-01t12:34:56.789z', NOW],
    ['2026-03-01T14:34:56.789+02:00', NOW],
    ['2026-03-01T14:34:56.789 02:00', NOW],
  ])('%s is understood', (text, ms) => expect(parseTime(text)).toBe(ms));

  it.each([
    '',
    'now',
    '-1',
    '1.5',
    '1e12',
    'NaN',
    '2026-03-01',
    '2026-02-30T00:00:00Z',
    '2026-03-01T12:34:56',
    '99999999999999999',
    '1969-12-31T23:59:59Z',
  ])('%s is refused', (text) => expect(parseTime(text)).toBeUndefined());
});

describe('a step', () => {
  it.each([
    ['10s', 10_000],
    ['1m', 60_000],
    ['90s', 90_000],
    ['6h', 6 * HOUR],
    ['1d', 24 * HOUR],
    ['1w', 7 * 24 * HOUR],
  ])('%s is understood', (text, ms) => expect(parseStep(text)).toBe(ms));

  it.each(['', '0s', '5s', '15s', '1', '10', 'm', '1M', '-1m', '1.5h', '9999999d'])('%s is refused', (text) =>
    expect(parseStep(text)).toBeUndefined(),
  );
});

describe('a range', () => {
  it('is the last hour where nothing is said', () => expect(timeRange({}, NOW)).toEqual({ from: NOW - HOUR, to: NOW }));
  it('begins an hour before its end', () => expect(timeRange({ to: 5 * HOUR }, NOW)).toEqual({ from: 4 * HOUR, to: 5 * HOUR }));
  it('may lie ahead', () =>
    expect(timeRange({ from: NOW + HOUR, to: NOW + 2 * HOUR }, NOW)).toEqual({ from: NOW + HOUR, to: NOW + 2 * HOUR }));
  it('that begins ahead and has no end is empty, not wrong', () =>
    expect(timeRange({ from: NOW + HOUR }, NOW)).toEqual({ from: NOW + HOUR, to: NOW + HOUR }));
  it('that ends before it begins is refused', () =>
    expect(() => timeRange({ from: 2, to: 1 }, NOW)).toThrow(expect.objectContaining({ code: 'empty-range', status: 400 })));
});

describe('a range of windows', () => {
  it('covers what was asked for with whole windows, no more than needed', () => {
    const times = fc.integer({ min: 0, max: 4e12 });
    fc.assert(
      fc.property(
        times,
        fc.integer({ min: 0, max: 30 * 24 * HOUR }),
        fc.constantFrom(10_000, 60_000, 300_000, HOUR),
        (from, length, step) => {
          fc.pre(length / step < MAX_WINDOWS - 2);
          const range = windowRange({ from, to: from + length, step }, NOW);
          expect(range.stepMs).toBe(step);
          expect(range.from % step).toBe(0);
          expect(range.to % step).toBe(0);
          expect(range.from).toBeLessThanOrEqual(from);
          expect(range.to).toBeGreaterThanOrEqual(from + length);
          expect(from - range.from).toBeLessThan(step);
          expect(range.to - (from + length)).toBeLessThanOrEqual(step);
          expect(range.to).toBeGreaterThan(range.from);
        },
      ),
    );
  });

  it('never has more windows than allowed where no step is named', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: NOW }), fc.integer({ min: 0, max: NOW }), (a, b) => {
        const range = windowRange({ from: Math.min(a, b), to: Math.max(a, b) }, NOW);
        expect((range.to - range.from) / range.stepMs).toBeLessThanOrEqual(1_000);
      }),
    );
  });

  it('takes ten-second windows for an hour and minutes for six', () => {
    expect(windowRange({}, NOW).stepMs).toBe(10_000);
    expect(windowRange({ from: NOW - 6 * HOUR }, NOW).stepMs).toBe(60_000);
  });

  it('of too many windows is refused', () =>
    expect(() => windowRange({ from: 0, to: NOW, step: 10_000 }, NOW)).toThrow(
      expect.objectContaining({ code: 'too-many-windows', status: 400 }),
    ));
});
