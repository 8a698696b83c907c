import { formatLength } from '@fleetbeat/contracts/format-duration.ts';
import type { Stretch } from '@fleetbeat/contracts/on-call.ts';
import { momentOfClocks, zoneOffsetMs } from '../format/format-time.ts';

/** The calendar of a schedule: days by the clocks of the chosen zone, and where stretches of time stand among them. Pure. */

const DAY = 86_400_000;
const DAYS_OF_WEEK = 7;

export const VIEWS = ['week', 'month'] as const;
export type View = (typeof VIEWS)[number];

/** Half-open; of 23 or 25 hours where the clocks change. */
export interface Day {
  readonly from: number;
  readonly to: number;
}
/** A week, from Monday on. */
export type Week = readonly Day[];

/** The clocks' time of a moment, as if they showed UTC. */
function shownAt(t: number): number {
  return t - zoneOffsetMs(t);
}

function weekFrom(monday: number): Week {
  return Array.from({ length: DAYS_OF_WEEK }, (_, day) => ({
    from: momentOfClocks(monday + day * DAY),
    to: momentOfClocks(monday + (day + 1) * DAY),
  }));
}

/** The Monday of a time that clocks show, at midnight; the first day of 1970 was a Thursday. */
function mondayOf(shown: number): number {
  const day = Math.floor(shown / DAY);
  return (day - ((((day + 3) % DAYS_OF_WEEK) + DAYS_OF_WEEK) % DAYS_OF_WEEK)) * DAY;
}

/** The week of a moment, or the weeks that have a day of its month. */
export function weeksOf(view: View, at: number): Week[] {
  const shown = shownAt(at);
  if (view === 'week') return [weekFrom(mondayOf(shown))];
  const { first, next } = monthOf(shown);
  const weeks: Week[] = [];
  for (let monday = mondayOf(first); monday < next; monday += DAYS_OF_WEEK * DAY) weeks.push(weekFrom(monday));
  return weeks;
}

function monthOf(shown: number): { first: number; next: number; before: number } {
  const date = new Date(shown);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { first: Date.UTC(year, month), next: Date.UTC(year, month + 1), before: Date.UTC(year, month - 1) };
}

/** A moment in the week or the month before (-1) or after (1). */
export function turned(view: View, at: number, by: -1 | 1): number {
  const shown = shownAt(at);
  if (view === 'week') return momentOfClocks(mondayOf(shown) + by * DAYS_OF_WEEK * DAY);
  const { before, next } = monthOf(shown);
  return momentOfClocks(by === 1 ? next : before);
}

/** Whether a day is of the month of `at`. */
export function isOfMonth({ from }: Day, at: number): boolean {
  const { first, next } = monthOf(shownAt(at));
  const shown = shownAt(from);
  return shown >= first && shown < next;
}

/** A stretch among the days of a week, in shares of its width from 0 to 1; days are equally wide, however long. */
export interface Placed {
  readonly stretch: Stretch;
  readonly left: number;
  readonly width: number;
  /** It began before this week, and ends after it. */
  readonly before: boolean;
  readonly after: boolean;
}

/** The stretches of a week, in order. */
export function placedIn(week: Week, stretches: readonly Stretch[]): Placed[] {
  const begins = week[0]?.from ?? 0;
  const ends = week.at(-1)?.to ?? 0;
  return stretches.flatMap((stretch) => {
    if (stretch.to <= begins || stretch.from >= ends) return [];
    const left = shareAt(week, stretch.from);
    const before = stretch.from < begins;
    return [{ stretch, left, width: shareAt(week, stretch.to) - left, before, after: stretch.to > ends }];
  });
}

/** Where in a week a moment lies, from 0 to 1. */
export function shareAt(week: Week, t: number): number {
  const index = week.findIndex(({ to }) => t < to);
  const day = week[index];
  if (day === undefined) return 1;
  return (index + Math.max(0, (t - day.from) / (day.to - day.from))) / week.length;
}

/** The moment at a share of a week, to the half hour: the other way round than `shareAt`. */
export function momentAt(week: Week, share: number): number {
  const days = Math.min(Math.max(share, 0), 1) * week.length;
  const day = week[Math.min(Math.floor(days), week.length - 1)];
  if (day === undefined) return 0;
  const at = (days - Math.min(Math.floor(days), week.length - 1)) * (day.to - day.from);
  return day.from + Math.round(at / HALF_HOUR) * HALF_HOUR;
}
const HALF_HOUR = 1_800_000;

/** When the clocks of a zone change in a range, to the minute, and by how much; none where there is no such zone. */
export function clockChangesIn(zone: string, from: number, to: number): { readonly t: number; readonly byMinutes: number }[] {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
  } catch {
    return [];
  }
  const aheadAt = (t: number) => {
    const name = format.formatToParts(t).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours = '0', minutes = '0'] = /([+-])(\d+):(\d+)/.exec(name) ?? [];
    return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  };
  const changes = [];
  for (let day = from; day < to; day += DAY) {
    let [low, high] = [day, Math.min(day + DAY, to)];
    const byMinutes = aheadAt(high) - aheadAt(low);
    if (byMinutes === 0) continue;
    while (high - low > 60_000) {
      const middle = Math.floor((low + high) / 120_000) * 60_000;
      if (aheadAt(middle) === aheadAt(day)) low = middle;
      else high = middle;
    }
    changes.push({ t: high, byMinutes });
  }
  return changes;
}

/** How the gaps ahead are warned of: "Nobody is on call for 12 hours of the next 28 days." At most 20 gaps are known. */
export function gapsText(gaps: readonly { readonly from: number; readonly to: number }[]): string | null {
  if (gaps.length === 0) return null;
  const ms = gaps.reduce((sum, { from, to }) => sum + to - from, 0);
  const least = gaps.length >= 20 ? 'at least ' : '';
  return `Nobody is on call for ${least}${formatLength(ms)} of the next 28 days`;
}
