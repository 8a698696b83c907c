import { intervalSchema } from '@fleetbeat/contracts/routing.ts';
import type * as z from 'zod';
import { describe, expect, it } from 'vitest';
import { windowAt } from './time-windows.ts';

function within(interval: z.input<typeof intervalSchema>, time: string, zone = 'Europe/Berlin'): boolean {
  return windowAt({ time_zone: zone, intervals: [intervalSchema.parse(interval)] }, Date.parse(time)) !== undefined;
}

describe('an interval', () => {
  it.each([
    // Monday, 2 March 2026; Berlin is an hour ahead of UTC.
    [{ from: '09:00', to: '17:00' }, '2026-03-02T08:00:00Z', true],
    [{ from: '09:00', to: '17:00' }, '2026-03-02T07:59:59Z', false],
    [{ from: '09:00', to: '17:00' }, '2026-03-02T16:00:00Z', false],
    [{ weekdays: ['mon'] }, '2026-03-01T23:00:00Z', true],
    [{ weekdays: ['mon'] }, '2026-03-02T23:00:00Z', false],
    // Over midnight: the weekday is the one on which it begins.
    [{ weekdays: ['mon'], from: '22:00', to: '06:00' }, '2026-03-02T21:00:00Z', true],
    [{ weekdays: ['mon'], from: '22:00', to: '06:00' }, '2026-03-03T04:59:59Z', true],
    [{ weekdays: ['mon'], from: '22:00', to: '06:00' }, '2026-03-03T05:00:00Z', false],
    [{ weekdays: ['mon'], from: '22:00', to: '06:00' }, '2026-03-02T04:00:00Z', false],
    [{ days_of_month: [-1] }, '2026-02-28T12:00:00Z', true],
    [{ days_of_month: [-1] }, '2026-03-30T12:00:00Z', false],
    [{ days_of_month: [1, 15], months: [3] }, '2026-03-15T12:00:00Z', true],
    [{ days_of_month: [1, 15], months: [3] }, '2026-04-15T12:00:00Z', false],
    // Summer time.
    [{ from: '09:00', to: '17:00' }, '2026-03-30T07:00:00Z', true],
    [{ from: '09:00', to: '17:00' }, '2026-03-30T15:00:00Z', false],
  ] as const)('%j at %s: %s', (interval, time, inside) => {
    expect(within(structuredClone(interval) as z.input<typeof intervalSchema>, time)).toBe(inside);
  });

  it('goes by the clocks of its place', () => {
    expect(within({ from: '00:00', to: '01:00' }, '2026-03-02T15:30:00Z', 'Asia/Tokyo')).toBe(true);
    expect(within({ from: '00:00', to: '01:00' }, '2026-03-02T15:30:00Z')).toBe(false);
  });
});
