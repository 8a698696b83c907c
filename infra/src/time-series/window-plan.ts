import { TIERS, type Tier } from '@fleetbeat/contracts/aggregates.ts';
import { TooManyRows } from './time-series.ts';

/** Which windows a question is about, and which tier answers it. */

/** Windows of one answer at most. */
export const MAX_WINDOWS = 11_000;

export type TierRetention = Readonly<Record<Tier, number>>;

/** A range of whole windows, epoch-aligned, and the tier whose rows they are merged from. */
export interface WindowPlan {
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
  readonly tier: Tier;
}

const STEPS = [10_000, 60_000, 300_000, 900_000, 3_600_000, 21_600_000, 86_400_000] as const;
const COARSEST = 86_400_000;

/** The finest of 10 s, 1 m, 5 m, 15 m, 1 h, 6 h and 1 d that makes at most `maxPoints` windows of a range, else days. */
export function chooseStep(from: number, to: number, maxPoints = 300): number {
  return STEPS.find((step) => (Math.ceil(to / step) * step - Math.floor(from / step) * step) / step <= maxPoints) ?? COARSEST;
}

/**
 * Rounds a range outward to windows of `stepMs` and chooses the coarsest tier that still divides them. Where
 * that tier no longer has rows of `from`, the next coarser one is taken and the step grows to a multiple
 * of its windows. Throws a `RangeError` for a step that is no multiple of 10 s, `TooManyRows` for more
 * than 11,000 windows.
 */
export function planWindows(from: number, to: number, stepMs: number, retention: TierRetention, now: number): WindowPlan {
  if (!Number.isSafeInteger(stepMs) || stepMs <= 0 || stepMs % TIERS['10s'] !== 0) {
    throw new RangeError(`a step must be a multiple of 10 seconds: ${stepMs} ms`);
  }
  let tier: Tier = stepMs % TIERS['1h'] === 0 ? '1h' : stepMs % TIERS['1m'] === 0 ? '1m' : '10s';
  if (tier === '10s' && from < now - retention['10s']) tier = '1m';
  if (tier === '1m' && from < now - retention['1m']) tier = '1h';
  const step = Math.ceil(stepMs / TIERS[tier]) * TIERS[tier];
  const start = Math.floor(from / step) * step;
  const end = Math.ceil(to / step) * step;
  const windows = (end - start) / step;
  if (windows > MAX_WINDOWS) {
    throw new TooManyRows(
      `${windows} windows of ${step / 1_000} s are more than ${MAX_WINDOWS}: take a longer step or a shorter range`,
    );
  }
  return { from: start, to: end, stepMs: step, tier };
}
