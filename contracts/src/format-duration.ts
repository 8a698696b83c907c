import { NOTHING } from './format-number.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration in milliseconds: 0.4 ms, 340 ms, 1.2 s, 45 s, 3 min, 2 h 5 min, 3 d 4 h. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return NOTHING;
  const size = Math.abs(ms);
  const sign = ms < 0 ? '−' : '';
  if (size === 0) return '0 ms';
  if (size < 10) return `${sign}${trim(size.toFixed(size < 1 ? 2 : 1))} ms`;
  if (size < 999.5) return `${sign}${Math.round(size)} ms`;
  if (size < 9_950) return `${sign}${trim((size / SECOND).toFixed(2), 1)} s`;
  if (size < 59_950) return `${sign}${trim((size / SECOND).toFixed(1))} s`;
  return sign + longDuration(size);
}

/** Trailing zeros off, down to `keep` decimals. */
function trim(text: string, keep = 0): string {
  const [whole = '', decimals = ''] = text.split('.');
  let kept = decimals;
  while (kept.length > keep && kept.endsWith('0')) kept = kept.slice(0, -1);
  return kept === '' ? whole : `${whole}.${kept}`;
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
