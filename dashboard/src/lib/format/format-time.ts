import { NOTHING } from './format-number.ts';

/** Times are shown in the reader's own zone, in 24 hours; UTC is there on hover. */

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const clockWithSeconds = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** 14:05 */
export function formatClock(t: number | Date): string {
  return clock.format(t);
}

/** 14:05:30 */
export function formatClockSeconds(t: number | Date): string {
  return clockWithSeconds.format(t);
}

/** 14:05:30 today, else "3 Mar 14:05:30". */
export function formatMoment(t: number | null | undefined, now = Date.now()): string {
  if (t === null || t === undefined || !Number.isFinite(t)) return NOTHING;
  const sameDay = new Date(t).toDateString() === new Date(now).toDateString();
  return sameDay ? clockWithSeconds.format(t) : `${day.format(t)} ${clockWithSeconds.format(t)}`;
}

/** 2026-03-01 13:05:30.123 UTC */
export function formatUtc(t: number | null | undefined): string {
  if (t === null || t === undefined || !Number.isFinite(t) || Math.abs(t) > 8.64e15) return NOTHING;
  return new Date(t).toISOString().replace('T', ' ').replace('Z', ' UTC');
}
