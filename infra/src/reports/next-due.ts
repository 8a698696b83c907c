import type { ReportScheduleInput } from '@fleetbeat/contracts/reports.ts';
import { WEEKDAYS } from '@fleetbeat/contracts/routing.ts';
import { DateTime } from 'luxon';
import { instantOf, localDate } from '../routing/time-windows.ts';

type When = Pick<ReportScheduleInput, 'every' | 'weekday' | 'day' | 'at' | 'time_zone'>;

/** No month is longer, and a time that daylight saving moves is still found. */
const DAYS_AHEAD = 33;

/** The first time after `after` that a report is due, epoch milliseconds. */
export function nextDue(when: When, after: number): number {
  const first = localDate(after, when.time_zone);
  for (let day = 0; day <= DAYS_AHEAD; day++) {
    const date = DateTime.fromISO(first, { zone: 'utc' }).plus({ days: day });
    if (!isOn(when, date)) continue;
    const due = instantOf(first, day, when.at, when.time_zone);
    if (due > after) return due;
  }
  throw new RangeError(`no time is found at which a ${when.every} report is due`);
}

/** The newest time up to `now` that a report has been due since `due`; what was missed before it is not made up for. */
export function newestDue(when: When, due: number, now: number): number {
  let newest = due;
  for (let next = nextDue(when, newest); next <= now; next = nextDue(when, newest)) newest = next;
  return newest;
}

function isOn({ every, weekday, day }: When, date: DateTime): boolean {
  switch (every) {
    case 'daily':
      return true;
    case 'weekly':
      return WEEKDAYS[date.weekday - 1] === weekday;
    case 'monthly':
      return date.day === day;
    default:
      return every satisfies never;
  }
}
