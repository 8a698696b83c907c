import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TooManyRows } from './time-series.ts';
import { chooseStep, planWindows } from './window-plan.ts';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = 500_000 * HOUR;
const RETENTION = { '10s': 3 * DAY, '1m': 30 * DAY, '1h': 730 * DAY };

const plan = (from: number, to: number, stepMs: number) => planWindows(from, to, stepMs, RETENTION, NOW);

describe('chooseStep', () => {
  it.each([
    ['10 s for half an hour', 30 * MINUTE, 10 * SECOND],
    ['1 m for an hour', HOUR, MINUTE],
    ['5 m for 6 hours', 6 * HOUR, 5 * MINUTE],
    ['15 m for two days', 2 * DAY, 15 * MINUTE],
    ['1 h for a week', 7 * DAY, HOUR],
    ['6 h for a month', 30 * DAY, 6 * HOUR],
    ['1 d for two years', 730 * DAY, DAY],
  ])('takes %s', (_, range, step) => {
    expect(chooseStep(NOW - range, NOW)).toBe(step);
  });
});

describe('planWindows', () => {
  it('rounds outward', () => {
    expect(plan(NOW - HOUR + 1, NOW - 1, MINUTE)).toEqual({ from: NOW - HOUR, to: NOW, stepMs: MINUTE, tier: '1m' });
    expect(plan(NOW - HOUR, NOW, 10 * SECOND)).toEqual({ from: NOW - HOUR, to: NOW, stepMs: 10 * SECOND, tier: '10s' });
    expect(plan(NOW, NOW, HOUR)).toMatchObject({ from: NOW, to: NOW });
  });

  it('takes the coarsest tier that divides the step', () => {
    expect([20 * SECOND, 90 * SECOND, 2 * MINUTE, 90 * MINUTE, 2 * HOUR, DAY].map((step) => plan(NOW - HOUR, NOW, step).tier)).toEqual([
      '10s', '10s', '1m', '1m', '1h', '1h',
    ]); // prettier-ignore
  });

  it('goes to a coarser tier where the finer one has expired', () => {
    expect(plan(NOW - 4 * DAY, NOW - 4 * DAY + HOUR, 10 * SECOND)).toMatchObject({ stepMs: MINUTE, tier: '1m' });
    expect(plan(NOW - 4 * DAY, NOW - 4 * DAY + HOUR, 90 * SECOND)).toMatchObject({ stepMs: 2 * MINUTE, tier: '1m' });
    expect(plan(NOW - 40 * DAY, NOW - 40 * DAY + HOUR, 10 * SECOND)).toMatchObject({ stepMs: HOUR, tier: '1h' });
    expect(plan(NOW - 40 * DAY, NOW, 90 * MINUTE)).toMatchObject({ stepMs: 2 * HOUR, tier: '1h' });
  });

  it('refuses steps that are no multiple of 10 s and ranges of too many windows', () => {
    for (const step of [0, -10_000, 5 * SECOND, 15 * SECOND, 0.5, NaN, Infinity])
      expect(() => plan(0, NOW, step)).toThrow(RangeError);
    expect(() => plan(NOW - 2 * DAY, NOW, 10 * SECOND)).toThrow(TooManyRows);
    expect(plan(NOW - 11_000 * MINUTE, NOW, MINUTE).tier).toBe('1m');
    expect(() => plan(NOW - 11_000 * MINUTE - 1, NOW, MINUTE)).toThrow('11001 windows of 60 s');
  });

  it('always covers the range with whole windows', () => {
    fc.assert(
      fc.property(fc.nat(60 * DAY), fc.nat(30 * HOUR), fc.integer({ min: 1, max: 8_640 }), (age, length, tens) => {
        const from = NOW - age;
        const to = from + length;
        if (length / (tens * 10_000) > 10_000) return;
        const found = plan(from, to, tens * 10_000);
        expect(found.from % found.stepMs).toBe(0);
        expect(found.to % found.stepMs).toBe(0);
        expect(found.from).toBeLessThanOrEqual(from);
        expect(found.to).toBeGreaterThanOrEqual(to);
        expect(found.from + found.stepMs).toBeGreaterThan(from);
        expect(found.to - found.stepMs).toBeLessThan(to === from ? to + 1 : to);
      }),
    );
  });
});
