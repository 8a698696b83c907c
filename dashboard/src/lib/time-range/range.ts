/** The time ranges that can be chosen, and the window length each is drawn with. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export interface Range {
  readonly id: '15m' | '1h' | '6h' | '24h';
  readonly label: string;
  /** As part of a sentence: "in the last …". */
  readonly words: string;
  readonly lengthMs: number;
  /** Window length of charts over this range, in milliseconds. */
  readonly stepMs: number;
  /** Window length of small lines without axes, in milliseconds. */
  readonly sparkStepMs: number;
}

export const RANGES = [
  { id: '15m', label: '15 min', words: '15 minutes', lengthMs: 15 * MINUTE, stepMs: 10_000, sparkStepMs: 30_000 },
  { id: '1h', label: '1 h', words: 'hour', lengthMs: HOUR, stepMs: 30_000, sparkStepMs: 2 * MINUTE },
  { id: '6h', label: '6 h', words: '6 hours', lengthMs: 6 * HOUR, stepMs: MINUTE, sparkStepMs: 10 * MINUTE },
  { id: '24h', label: '24 h', words: '24 hours', lengthMs: 24 * HOUR, stepMs: 5 * MINUTE, sparkStepMs: 30 * MINUTE },
] as const satisfies readonly Range[];

export const DEFAULT_RANGE: Range = RANGES[0];

/** The range named in a URL; the default where there is none or one that is not known. */
export function parseRange(text: string | null): Range {
  return RANGES.find((range) => range.id === text) ?? DEFAULT_RANGE;
}

/** Query string that keeps a range from page to page; empty for the default. */
export function rangeQuery(range: Range): string {
  return range.id === DEFAULT_RANGE.id ? '' : `?range=${range.id}`;
}

/** A step as the API takes it: 10s, 1m, 5m, 1h. */
export function stepText(stepMs: number): string {
  if (stepMs % HOUR === 0) return `${stepMs / HOUR}h`;
  if (stepMs % MINUTE === 0) return `${stepMs / MINUTE}m`;
  return `${Math.round(stepMs / 1_000)}s`;
}
