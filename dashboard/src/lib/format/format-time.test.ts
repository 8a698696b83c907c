import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  formatClock,
  formatMoment,
  formatSpan,
  formatTick,
  formatUtc,
  momentField,
  momentOfField,
  useTimeZone,
  zoneOffsetMs,
} from './format-time.ts';

const at = (text: string) => Date.parse(`2026-03-${text}Z`);

beforeAll(() => useTimeZone('utc'));
afterAll(() => useTimeZone('local'));

test.each([
  ['03T14:05:00', '03T15:00:00', '14:05 – 15:00'],
  ['03T14:05:00', '03T14:06:30', '14:05:00 – 14:06:30'],
  ['01T14:05:00', '01T15:00:00', '1 Mar 14:05 – 15:00'],
  ['01T22:00:00', '02T08:00:00', '1 Mar 22:00 – 2 Mar 08:00'],
])('from %s to %s is %s', (from, to, text) => expect(formatSpan(at(from), at(to), at('03T20:00:00'))).toBe(text));

test('a moment names its day where it is another', () => {
  expect(formatMoment(at('03T14:05:30'), at('03T20:00:00'))).toBe('14:05:30');
  expect(formatMoment(at('01T14:05:30'), at('03T20:00:00'))).toBe('1 Mar 14:05:30');
  expect(formatMoment(null)).toBe('–');
});

test('an axis names the day at midnight, and seconds where it is short', () => {
  expect(formatTick(at('03T14:05:00'), 3_600_000)).toBe('14:05');
  expect(formatTick(at('03T14:05:30'), 120_000)).toBe('14:05:30');
  expect(formatTick(at('03T00:00:00'), 86_400_000)).toBe('3 Mar');
});

test('times follow the chosen zone, and UTC stays UTC', () => {
  const t = at('03T14:05:30');
  expect(formatClock(t)).toBe('14:05');
  useTimeZone('local');
  expect(formatClock(t)).toBe(new Date(t).toTimeString().slice(0, 5));
  expect(zoneOffsetMs(t)).toBe(new Date(t).getTimezoneOffset() * 60_000);
  useTimeZone('utc');
  expect(zoneOffsetMs(t)).toBe(0);
  expect(formatUtc(t)).toBe('2026-03-03 14:05:30.000 UTC');
});

test('a field of day and time shows a moment in the chosen zone, and means it', () => {
  expect(momentField(at('03T14:05:30'))).toBe('2026-03-03T14:05');
  expect(momentOfField('2026-03-03T14:05')).toBe(at('03T14:05:00'));
  expect(momentOfField('')).toBeNull();
  useTimeZone('local');
  expect(momentOfField(momentField(at('03T14:05:00')))).toBe(at('03T14:05:00'));
  useTimeZone('utc');
});
