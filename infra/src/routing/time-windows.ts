import { WEEKDAYS, type Interval, type Times } from '@fleetbeat/contracts/routing.ts';
import { DateTime } from 'luxon';

/** Times of the week and the year, by the clocks of a place, as stretches of epoch milliseconds. */

/** Half-open. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

/**
 * When a local clock shows a time on a day, `days` after the day given. A time that daylight saving skips is that much later;
 * of one that comes twice the first counts. `24:00` is the next day's midnight.
 */
export function instantOf(date: string, days: number, clock: string, zone: string): number {
  const [hour = 0, minute = 0] = clock.split(':').map(Number);
  const day = DateTime.fromISO(date, { zone: 'utc' }).plus({ days: days + (hour === 24 ? 1 : 0) });
  const at = { year: day.year, month: day.month, day: day.day, hour: hour % 24, minute };
  return Math.min(
    ...DateTime.fromObject(at, { zone })
      .getPossibleOffsets()
      .map((each) => each.toMillis()),
  );
}

/** The date that a local calendar shows, `2026-01-31`. */
export function localDate(at: number, zone: string): string {
  return DateTime.fromMillis(at, { zone }).toISODate() ?? '';
}

/** Whole days from one date to another. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}

/** The parts of a range that lie in any of the intervals, in order and apart from each other. */
export function windowsWithin(intervals: readonly Interval[], zone: string, range: TimeWindow): TimeWindow[] {
  const first = localDate(range.from, zone);
  const days = daysBetween(first, localDate(range.to, zone));
  const windows: TimeWindow[] = [];
  // The day before reaches over midnight.
  for (let day = -1; day <= days; day++) {
    const date = DateTime.fromISO(first, { zone: 'utc' }).plus({ days: day });
    for (const interval of intervals) {
      if (!isOn(interval, date)) continue;
      const { from, to } = interval;
      const start = Math.max(range.from, instantOf(first, day, from, zone));
      const end = Math.min(range.to, instantOf(first, to <= from ? day + 1 : day, to, zone));
      if (start < end) windows.push({ from: start, to: end });
    }
  }
  return merged(windows);
}

/** The window that a time lies in, until it ends or a day has passed; undefined where it lies in none. */
export function windowAt({ intervals, time_zone: zone }: Times, at: number): TimeWindow | undefined {
  const [first] = windowsWithin(intervals, zone, { from: at, to: at + 86_400_000 });
  return first?.from === at ? first : undefined;
}

function isOn(interval: Interval, date: DateTime): boolean {
  const weekday = WEEKDAYS[date.weekday - 1];
  if (interval.weekdays !== undefined && (weekday === undefined || !interval.weekdays.includes(weekday))) return false;
  if (interval.months !== undefined && !interval.months.includes(date.month)) return false;
  const fromEnd = date.day - (date.daysInMonth ?? 31) - 1;
  return interval.days_of_month === undefined || interval.days_of_month.some((day) => day === date.day || day === fromEnd);
}

function merged(windows: readonly TimeWindow[]): TimeWindow[] {
  const result: TimeWindow[] = [];
  for (const window of windows.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last !== undefined && window.from <= last.to)
      result[result.length - 1] = { from: last.from, to: Math.max(last.to, window.to) };
    else result.push(window);
  }
  return result;
}
