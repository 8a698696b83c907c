import { NOTHING } from '@fleetbeat/contracts/format-number.ts';

/** Times are shown in the reader's own zone or in UTC, as chosen, in 24 hours; UTC is there on hover. */

export const TIME_ZONES = ['local', 'utc'] as const;
export type TimeZone = (typeof TIME_ZONES)[number];

type Shape = 'day' | 'weekday' | 'month';

const SHAPES: Readonly<Record<Shape, Intl.DateTimeFormatOptions>> = {
  day: { day: 'numeric', month: 'short' },
  weekday: { weekday: 'short' },
  month: { month: 'long', year: 'numeric' },
};

let zone: TimeZone = 'local';
/** Made when first asked for: the first of a page takes some milliseconds, on a phone ten. */
const formats = new Map<Shape, Intl.DateTimeFormat>();

function write(shape: Shape, t: number): string {
  let format = formats.get(shape);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', { ...SHAPES[shape], ...(zone === 'utc' ? { timeZone: 'UTC' } : {}) });
    formats.set(shape, format);
  }
  return format.format(t);
}

/** Where the time of day begins and ends in 2026-03-01T14:05:30.123Z, from its end: years may have more digits. */
const CLOCK = [-13, -8] as const;
const SECONDS = [-13, -5] as const;

/** The time of day, without the weight of `Intl`: it is the first thing that a page writes. */
function writeClock([from, to]: typeof CLOCK | typeof SECONDS, t: number | Date): string {
  return new Date(Number(t) - zoneOffsetMs(Number(t))).toISOString().slice(from, to);
}

/** Chooses the zone that all times are written in from now on. What is on the page already stays as it is. */
export function useTimeZone(chosen: TimeZone): void {
  if (chosen !== zone) formats.clear();
  zone = chosen;
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
  return writeClock(CLOCK, t);
}

/** 14:05:30 */
export function formatClockSeconds(t: number | Date): string {
  return writeClock(SECONDS, t);
}

/** 3 Mar */
export function formatDay(t: number): string {
  return write('day', t);
}

/** Mon */
export function formatWeekday(t: number): string {
  return write('weekday', t);
}

/** March 2026 */
export function formatMonth(t: number): string {
  return write('month', t);
}

/** A moment on an axis that is `lengthMs` long: 14:05, 14:05:30 where it is short, 3 Mar at midnight. */
export function formatTick(t: number, lengthMs: number): string {
  if ((t - zoneOffsetMs(t)) % 86_400_000 === 0) return write('day', t);
  return writeClock(lengthMs < 300_000 ? SECONDS : CLOCK, t);
}

/** 14:05:30 today, else "3 Mar 14:05:30". */
export function formatMoment(t: number | null | undefined, now = Date.now()): string {
  if (t === null || t === undefined || !Number.isFinite(t)) return NOTHING;
  return isSameDay(t, now) ? writeClock(SECONDS, t) : `${write('day', t)} ${writeClock(SECONDS, t)}`;
}

/** Between two moments: "14:05 – 15:00" today, else "3 Mar 14:05 – 15:00", "3 Mar 22:00 – 4 Mar 08:00". */
export function formatSpan(from: number, to: number, now = Date.now()): string {
  // Two moments of one minute are told apart by their seconds.
  const clock = to - from < 300_000 ? SECONDS : CLOCK;
  if (isSameDay(from, to)) {
    const times = `${writeClock(clock, from)} – ${writeClock(clock, to)}`;
    return isSameDay(from, now) ? times : `${write('day', from)} ${times}`;
  }
  return `${write('day', from)} ${writeClock(clock, from)} – ${write('day', to)} ${writeClock(clock, to)}`;
}

function isSameDay(a: number, b: number): boolean {
  return dayOf(a) === dayOf(b);
}

/** Days of the chosen zone since 1970. */
function dayOf(t: number): number {
  return Math.floor((t - zoneOffsetMs(t)) / 86_400_000);
}

/** 2026-03-01 13:05:30.123 UTC */
export function formatUtc(t: number | null | undefined): string {
  if (t === null || t === undefined || !Number.isFinite(t) || Math.abs(t) > 8.64e15) return NOTHING;
  return new Date(t).toISOString().replace('T', ' ').replace('Z', ' UTC');
}
