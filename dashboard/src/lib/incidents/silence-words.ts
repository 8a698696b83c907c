import type { Interval, Matcher, StoredSilence, Times, WEEKDAYS } from '@fleetbeat/contracts/routing.ts';

/** What silences say, in words. Pure. */

export const WEEKDAY_NAMES: Readonly<Record<(typeof WEEKDAYS)[number], string>> = {
  mon: 'Mon',
  tue: 'Tue',
  wed: 'Wed',
  thu: 'Thu',
  fri: 'Fri',
  sat: 'Sat',
  sun: 'Sun',
};

/** A matcher as people read it: `team = search`, `host ≠ a`, `agent like web-.*`. */
export function matcherText({ label, op, value }: Matcher): string {
  const shown = value === '' ? 'nothing' : value;
  switch (op) {
    case '=':
      return `${label} = ${shown}`;
    case '!=':
      return `${label} ≠ ${shown}`;
    case '=~':
      return `${label} like ${shown}`;
    case '!~':
      return `${label} not like ${shown}`;
    default:
      return op satisfies never;
  }
}

/** Times that come again: "Sun 02:00 – 04:00, Europe/Berlin". */
export function timesText({ intervals, time_zone: zone }: Times): string {
  return `${intervals.map(intervalText).join('; ')}, ${zone}`;
}

export function intervalText({ weekdays, days_of_month: days, months, from, to }: Interval): string {
  const parts = [
    weekdays === undefined ? '' : weekdays.map((day) => WEEKDAY_NAMES[day]).join(', '),
    days === undefined ? '' : `on the ${days.map((day) => (day === -1 ? 'last' : String(day))).join(', ')} of the month`,
    months === undefined ? '' : `in ${months.map((month) => MONTHS[month - 1] ?? '').join(', ')}`,
    from === '00:00' && to === '24:00' ? 'all day' : `${from} – ${to}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

export const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Days of a month as people write them, "1, 15, -1"; what is no number is left out. */
export function daysOf(text: string): number[] {
  return (text.match(/-?\d+/g) ?? []).map(Number);
}

export const STATE_WORDS: Readonly<Record<StoredSilence['state'], string>> = {
  active: 'Silent now',
  pending: 'Begins later',
  recurring: 'Between its times',
  expired: 'Over',
};
const RANK: Readonly<Record<StoredSilence['state'], number>> = { active: 0, pending: 1, recurring: 2, expired: 3 };

/** What is silent first, what is over last; the newest of each first. */
export function silencesInOrder(silences: readonly StoredSilence[]): StoredSilence[] {
  return silences.toSorted((a, b) => RANK[a.state] - RANK[b.state] || b.created_at - a.created_at);
}
