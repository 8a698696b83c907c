import { NOTHING } from '@fleetbeat/contracts/format-number.ts';

/** Times are shown in the reader's own zone or in UTC, as chosen, in 24 hours; UTC is there on hover. */

export const TIME_ZONES = ['local', 'utc'] as const;
export type TimeZone = (typeof TIME_ZONES)[number];

type Shape = 'clock' | 'seconds' | 'day' | 'weekday' | 'month' | 'long';

const SHAPES: Readonly<Record<Shape, Intl.DateTimeFormatOptions>> = {
  clock: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  seconds: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  day: { day: 'numeric', month: 'short' },
  weekday: { weekday: 'short' },
  month: { month: 'long', year: 'numeric' },
  long: { day: 'numeric', month: 'short', year: 'numeric' },
};

let zone: TimeZone = 'local';
let formats = formatsOf(zone);

function formatsOf(of: TimeZone): Record<Shape, Intl.DateTimeFormat> {
  const make = (shape: Shape) =>
    new Intl.DateTimeFormat('en-GB', { ...SHAPES[shape], ...(of === 'utc' ? { timeZone: 'UTC' } : {}) });
  return {
    clock: make('clock'),
    seconds: make('seconds'),
    day: make('day'),
    weekday: make('weekday'),
    month: make('month'),
    long: make('long'),
  };
}

/** Chooses the zone that all times are written in from now on. What is on the page already stays as it is. */
export function useTimeZone(chosen: TimeZone): void {
  zone = chosen;
  formats = formatsOf(chosen);
}

/** How far the chosen zone is behind UTC at a moment, in milliseconds: what is added to local time to get UTC. */
export function zoneOffsetMs(t: number): number {
  return zone === 'utc' ? 0 : new Date(t).getTimezoneOffset() * 60_000;
}

/** The moment at which the clocks of the chosen zone show a time, given as if they showed UTC. */
export function momentOfClocks(shown: number): number {
  return shown + zoneOffsetMs(shown + zoneOffsetMs(shown));
}

/** A moment as a field of day and time shows it in the chosen zone: 2026-03-01T14:05 */
export function momentField(t: number): string {
  return new Date(t - zoneOffsetMs(t)).toISOString().slice(0, 16);
}

/** What such a field means; null where it is empty. */
export function momentOfField(text: string): number | null {
  const shown = Date.parse(`${text}Z`);
  return Number.isNaN(shown) ? null : momentOfClocks(shown);
}

/** 14:05 */
export function formatClock(t: number | Date): string {
  return formats.clock.format(t);
}

/** 14:05:30 */
export function formatClockSeconds(t: number | Date): string {
  return formats.seconds.format(t);
}

/** 3 Mar */
export function formatDay(t: number): string {
  return formats.day.format(t);
}

/** Mon */
export function formatWeekday(t: number): string {
  return formats.weekday.format(t);
}

/** March 2026 */
export function formatMonth(t: number): string {
  return formats.month.format(t);
}

/** A moment on an axis that is `lengthMs` long: 14:05, 14:05:30 where it is short, 3 Mar at midnight. */
export function formatTick(t: number, lengthMs: number): string {
  if ((t - zoneOffsetMs(t)) % 86_400_000 === 0) return formats.day.format(t);
  return (lengthMs < 300_000 ? formats.seconds : formats.clock).format(t);
}

/** 14:05:30 today, else "3 Mar 14:05:30". */
export function formatMoment(t: number | null | undefined, now = Date.now()): string {
  if (t === null || t === undefined || !Number.isFinite(t)) return NOTHING;
  return isSameDay(t, now) ? formats.seconds.format(t) : `${formats.day.format(t)} ${formats.seconds.format(t)}`;
}

/** Between two moments: "14:05 – 15:00" today, else "3 Mar 14:05 – 15:00", "3 Mar 22:00 – 4 Mar 08:00". */
export function formatSpan(from: number, to: number, now = Date.now()): string {
  // Two moments of one minute are told apart by their seconds.
  const clock = to - from < 300_000 ? formats.seconds : formats.clock;
  if (isSameDay(from, to)) {
    const times = `${clock.format(from)} – ${clock.format(to)}`;
    return isSameDay(from, now) ? times : `${formats.day.format(from)} ${times}`;
  }
  return `${formats.day.format(from)} ${clock.format(from)} – ${formats.day.format(to)} ${clock.format(to)}`;
}

function isSameDay(a: number, b: number): boolean {
  return formats.long.format(a) === formats.long.format(b);
}

/** 2026-03-01 13:05:30.123 UTC */
export function formatUtc(t: number | null | undefined): string {
  if (t === null || t === undefined || !Number.isFinite(t) || Math.abs(t) > 8.64e15) return NOTHING;
  return new Date(t).toISOString().replace('T', ' ').replace('Z', ' UTC');
}
