import * as fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { REPORT_INTERVALS } from '@fleetbeat/contracts/reports.ts';
import { WEEKDAYS } from '@fleetbeat/contracts/routing.ts';
import { newestDue, nextDue } from './next-due.ts';

const BERLIN = { weekday: 'mon', day: 1, at: '08:00', time_zone: 'Europe/Berlin' } as const;
const at = (text: string) => Date.parse(text);

test.each([
  ['daily', '2026-06-10T05:59:59Z', '2026-06-10T06:00:00Z'],
  ['daily', '2026-06-10T06:00:00Z', '2026-06-11T06:00:00Z'],
  // The clocks go back on 25 October: the day has 25 hours.
  ['daily', '2026-10-24T07:00:00Z', '2026-10-25T07:00:00Z'],
  ['weekly', '2026-06-10T12:00:00Z', '2026-06-15T06:00:00Z'],
  ['monthly', '2026-06-10T12:00:00Z', '2026-07-01T06:00:00Z'],
  ['monthly', '2026-12-01T07:00:00Z', '2027-01-01T07:00:00Z'],
] as const)('%s after %s is due at %s', (every, after, due) => {
  expect(new Date(nextDue({ ...BERLIN, every }, at(after))).toISOString()).toBe(new Date(due).toISOString());
});

it('is due at a time that the clocks skip, once', () => {
  const skipped = { ...BERLIN, every: 'daily', at: '02:30' } as const;
  const first = nextDue(skipped, at('2026-03-28T12:00:00Z'));
  expect(new Date(first).toISOString()).toBe('2026-03-29T01:30:00.000Z');
  expect(new Date(nextDue(skipped, first)).toISOString()).toBe('2026-03-30T00:30:00.000Z');
});

it('lies ahead, and not too far, whatever the schedule', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...REPORT_INTERVALS),
      fc.constantFrom(...WEEKDAYS),
      fc.integer({ min: 1, max: 28 }),
      fc.constantFrom('00:00', '02:30', '23:59'),
      fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Pacific/Apia', 'Australia/Lord_Howe'),
      fc.integer({ min: at('2024-01-01'), max: at('2030-01-01') }),
      (every, weekday, day, clock, time_zone, after) => {
        const due = nextDue({ every, weekday, day, at: clock, time_zone }, after);
        expect(due).toBeGreaterThan(after);
        expect(due - after).toBeLessThanOrEqual(32 * 86_400_000);
      },
    ),
    { numRuns: 60 },
  );
});

it('makes up for the newest of what was missed', () => {
  const daily = { ...BERLIN, every: 'daily' } as const;
  expect(newestDue(daily, at('2026-06-10T06:00:00Z'), at('2026-06-13T12:00:00Z'))).toBe(at('2026-06-13T06:00:00Z'));
  expect(newestDue(daily, at('2026-06-10T06:00:00Z'), at('2026-06-10T06:00:01Z'))).toBe(at('2026-06-10T06:00:00Z'));
});
