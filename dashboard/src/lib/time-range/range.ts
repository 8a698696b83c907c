import { formatLength } from '@fleetbeat/contracts/format-duration.ts';
import { formatSpan } from '../format/format-time.ts';

/** The stretch of time that every page shows: the last so much, moving along, or between two moments. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface Range {
  /** As the URL names it: `1h`, or `from-to` in epoch milliseconds. */
  readonly id: string;
  readonly label: string;
  /** Its length in words: "hour", as in "against the hour before". */
  readonly words: string;
  /** As part of a sentence: "in the last hour". */
  readonly within: string;
  readonly lengthMs: number;
  /** Where it ends, epoch milliseconds; null where it ends now and moves along. */
  readonly end: number | null;
  /** Window length of charts over this range, in milliseconds. */
  readonly stepMs: number;
  /** Window length of small lines without axes, in milliseconds. */
  readonly sparkStepMs: number;
}

/** Shorter than this there is nothing to see, in milliseconds. */
export const SHORTEST = MINUTE;
const LONGEST = 731 * DAY;

/** Windows in a chart, and in a small line, at most. */
const WINDOWS = 300;
const SPARK_WINDOWS = 50;
const STEPS = [
  ...[10, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 28].map((days) => days * DAY),
];

/** The finest window length with which a stretch is drawn in `windows` windows at most, in milliseconds. */
export function stepFor(lengthMs: number, windows = WINDOWS): number {
  return STEPS.find((step) => lengthMs / step <= windows) ?? 28 * DAY;
}

function last(id: string, label: string, words: string, lengthMs: number): Range {
  const steps = { stepMs: stepFor(lengthMs), sparkStepMs: stepFor(lengthMs, SPARK_WINDOWS) };
  return { id, label, words, within: `in the last ${words}`, lengthMs, end: null, ...steps };
}

export const RANGES: readonly Range[] = [
  last('15m', '15 min', '15 minutes', 15 * MINUTE),
  last('1h', '1 h', 'hour', HOUR),
  last('6h', '6 h', '6 hours', 6 * HOUR),
  last('24h', '24 h', '24 hours', DAY),
  last('7d', '7 d', '7 days', 7 * DAY),
  last('30d', '30 d', '30 days', 30 * DAY),
];

export const DEFAULT_RANGE: Range = last('15m', '15 min', '15 minutes', 15 * MINUTE);

/** The range between two moments, epoch milliseconds. */
export function rangeBetween(from: number, to: number): Range {
  const lengthMs = to - from;
  const words = formatLength(lengthMs);
  const steps = { stepMs: stepFor(lengthMs), sparkStepMs: stepFor(lengthMs, SPARK_WINDOWS) };
  return { id: `${from}-${to}`, label: formatSpan(from, to), words, within: `in these ${words}`, lengthMs, end: to, ...steps };
}

/** The range named in a URL; the default where there is none or one that makes no sense. */
export function parseRange(text: string | null): Range {
  const [, from, to] = /^(\d{10,14})-(\d{10,14})$/.exec(text ?? '')?.map(Number) ?? [];
  if (from !== undefined && to !== undefined) {
    const fits = to - from >= SHORTEST && to - from <= LONGEST;
    return fits ? rangeBetween(from, to) : DEFAULT_RANGE;
  }
  return RANGES.find((range) => range.id === text) ?? DEFAULT_RANGE;
}

/** Query string that keeps a range from page to page; empty for the default. */
export function rangeQuery(range: Range): string {
  return range.id === DEFAULT_RANGE.id ? '' : `?range=${range.id}`;
}

/** [from, to) of a range at a moment, epoch milliseconds. */
export function spanOf(range: Range, now: number): { from: number; to: number } {
  const to = range.end ?? now;
  return { from: to - range.lengthMs, to };
}

/** As `spanOf`, in steps so large that a chart does not move by less than a pixel. */
export function domainOf(range: Range, now: number): [from: number, to: number] {
  const grain = Math.max(SECOND, range.stepMs / 10);
  const { from, to } = spanOf(range, Math.ceil(now / grain) * grain);
  return [from, to];
}

/** A step as the API takes it: 10s, 1m, 5m, 1h. */
export function stepText(stepMs: number): string {
  if (stepMs % HOUR === 0) return `${stepMs / HOUR}h`;
  if (stepMs % MINUTE === 0) return `${stepMs / MINUTE}m`;
  return `${Math.round(stepMs / SECOND)}s`;
}
