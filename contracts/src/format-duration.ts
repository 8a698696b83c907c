import { NOTHING } from './format-number.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * A duration in milliseconds: 0.42 ms, 5.0 ms, 340 ms, 1.20 s, 45.5 s, 3 min, 2 h 5 min, 3 d 4 h. Zeros stay, so that what is
 * measured and stands in one column is as exact as its neighbours; whole seconds, which people choose, have none.
 */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return NOTHING;
  const size = Math.abs(ms);
  const sign = ms < 0 ? '−' : '';
  if (size === 0) return '0 ms';
  if (size < 0.005) return `${sign}<0.01 ms`;
  // Up to where it would round to one digit more.
  if (size < 0.995) return `${sign}${size.toFixed(2)} ms`;
  if (size < 9.95) return `${sign}${size.toFixed(1)} ms`;
  if (size < 999.5) return `${sign}${Math.round(size)} ms`;
  if (size >= 59_950) return sign + longDuration(size);
  const decimals = size % SECOND === 0 ? 0 : size < 9_995 ? 2 : 1;
  return `${sign}${(size / SECOND).toFixed(decimals)} s`;
}

function longDuration(ms: number): string {
  if (ms < 10 * MINUTE) {
    const seconds = Math.round(ms / SECOND);
    return pair(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  }
  if (ms < HOUR - 30 * SECOND) return `${Math.round(ms / MINUTE)} min`;
  if (ms < DAY - 30 * SECOND) {
    const minutes = Math.round(ms / MINUTE);
    return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  }
  const hours = Math.round(ms / HOUR);
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function pair(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
}

/** One unit only, for ages: 4 s, 12 min, 3 h, 2 d. */
export function formatAge(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return NOTHING;
  const size = Math.max(0, ms);
  if (size < MINUTE) return `${Math.floor(size / SECOND)} s`;
  if (size < HOUR) return `${Math.floor(size / MINUTE)} min`;
  if (size < 2 * DAY) return `${Math.floor(size / HOUR)} h`;
  return `${Math.floor(size / DAY)} d`;
}

/** "just now", "12 s ago", "3 min ago". */
export function formatAgo(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return NOTHING;
  return ms < 2_000 ? 'just now' : `${formatAge(ms)} ago`;
}

const LENGTHS = [
  [DAY, 'day'],
  [HOUR, 'hour'],
  [MINUTE, 'minute'],
] as const;

/** A length of time in words, for sentences: "45 seconds", "90 minutes", "36 hours", "12 days". */
export function formatLength(ms: number): string {
  const [unit, name] = LENGTHS.find(([least]) => ms >= 2 * least) ?? [SECOND, 'second'];
  const count = Math.round(ms / unit);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
