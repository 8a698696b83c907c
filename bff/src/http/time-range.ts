import * as z from 'zod';
import { TIERS, windowStart } from '@fleetbeat/contracts/aggregates.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { MAX_WINDOWS } from '@fleetbeat/infra/time-series/read-windows.ts';
import type { WindowRange } from '@fleetbeat/infra/time-series/window-reader.ts';

/** Ranges of time in queries: parsed, filled in, rounded outward to windows. */

/** What an automatic step aims at: a chart has no more pixels than this to give away. */
const COMFORTABLE_WINDOWS = 400;
const DEFAULT_RANGE_MS = TIERS['1h'];
/** The furthest a Date reaches, epoch milliseconds. */
const END_OF_TIME = 8.64e15;

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };
const NICE_STEPS = [10_000, 60_000, 300_000, 900_000, 3_600_000, 21_600_000, 86_400_000, 604_800_000, 2_419_200_000] as const;

const rfc3339 = z.iso.datetime({ offset: true });

/** Epoch milliseconds of a time as a query carries it, or undefined where it is none. */
export function parseTime(text: string): number | undefined {
  if (/^\d{1,16}$/.test(text)) {
    const ms = Number(text);
    return ms <= END_OF_TIME ? ms : undefined;
  }
  // A `+` that the client forgot to encode arrives as a space.
  const repaired = text.replace(/ (\d\d:\d\d)$/, '+$1').toUpperCase();
  if (!rfc3339.safeParse(repaired).success) return undefined;
  const ms = Date.parse(repaired);
  return Number.isNaN(ms) || ms < 0 ? undefined : ms;
}

/** Milliseconds of a step like `10s`, `1m`, `6h`, `1d`, or undefined where it is none. */
export function parseStep(text: string): number | undefined {
  const match = /^(\d{1,6})([smhdw])$/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  if (match === null || unit === undefined) return undefined;
  const ms = Number(match[1]) * unit;
  return ms > 0 && ms % TIERS['10s'] === 0 ? ms : undefined;
}

/** A time in a query. */
export const timeField = z
  .string()
  .max(40)
  .transform((text, context) => {
    const ms = parseTime(text);
    if (ms !== undefined) return ms;
    context.addIssue({ code: 'custom', message: 'must be epoch milliseconds or an RFC 3339 time like 2026-01-31T12:00:00Z' });
    return z.NEVER;
  })
  .meta({ description: 'Epoch milliseconds or RFC 3339', examples: ['2026-01-31T12:00:00Z', '1769860800000'] });

const step = z
  .string()
  .max(10)
  .transform((text, context) => {
    const ms = parseStep(text);
    if (ms !== undefined) return ms;
    context.addIssue({ code: 'custom', message: 'must be a multiple of 10 seconds like 10s, 1m, 6h, 1d or 1w' });
    return z.NEVER;
  })
  .meta({
    description: 'Window length, a multiple of 10 seconds: 10s, 1m, 5m, 1h, 1d, 1w. Chosen from the range where it is missing',
    examples: ['10s', '5m', '1h', '1d'],
  });

/** The query fields of a range without windows. */
export const rangeFields = {
  from: timeField.optional().describe('Epoch milliseconds or RFC 3339; one hour before `to` where it is missing'),
  to: timeField.optional().describe('Epoch milliseconds or RFC 3339, may lie ahead; now where it is missing'),
};
/** The query fields of a range in windows. */
export const windowFields = { ...rangeFields, step: step.optional() };

export interface RangeQuery {
  from?: number | undefined;
  to?: number | undefined;
}
export interface WindowQuery extends RangeQuery {
  step?: number | undefined;
}

/** A half-open range of epoch milliseconds. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}
export type { WindowRange };

/** The range a query means. Throws the problem `empty-range` where it ends before it begins. */
export function timeRange(query: RangeQuery, now: number): TimeRange {
  const to = query.to ?? Math.max(now, query.from ?? 0);
  const from = query.from ?? Math.max(0, to - DEFAULT_RANGE_MS);
  if (from > to) {
    throw new HttpProblem(400, 'empty-range', `from (${describe(from)}) lies after to (${describe(to)})`);
  }
  return { from, to };
}

/**
 * The range a query means in windows, rounded outward, at least one window long. Without a step the
 * finest that makes `comfortable` windows at most is taken. Throws the problem `empty-range` or `too-many-windows`.
 */
export function windowRange(query: WindowQuery, now: number, comfortable = COMFORTABLE_WINDOWS): WindowRange {
  const { from, to } = timeRange(query, now);
  const stepMs = query.step ?? comfortableStep(from, to, comfortable);
  const start = windowStart(from, stepMs);
  const end = Math.max(windowStart(to + stepMs - 1, stepMs), start + stepMs);
  const windows = (end - start) / stepMs;
  if (windows > MAX_WINDOWS) {
    throw new HttpProblem(
      400,
      'too-many-windows',
      `${windows} windows of ${stepMs / 1_000} s are more than ${MAX_WINDOWS}: shorten the range or lengthen the step`,
    );
  }
  return { from: start, to: end, stepMs };
}

/** The range a query means, `comfortable` windows at most where it names no step. */
export type RangeOf = (query: WindowQuery, comfortable?: number) => WindowRange;

export function createRangeOf(now: () => number = Date.now): RangeOf {
  return (query, comfortable) => windowRange(query, now(), comfortable);
}

function comfortableStep(from: number, to: number, comfortable: number): number {
  const fits = NICE_STEPS.find((candidate) => (to - from) / candidate <= comfortable);
  return fits ?? NICE_STEPS[NICE_STEPS.length - 1] ?? TIERS['1h'];
}

function describe(ms: number): string {
  return new Date(ms).toISOString();
}
