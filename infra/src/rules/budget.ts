import { BUDGET_PERIODS, type BudgetPeriod } from '@fleetbeat/contracts/rule-measures.ts';
import type { RuleOf } from '@fleetbeat/contracts/rules.ts';
import type { WindowsByKey } from '../time-series/read-windows.ts';
import type { Observation } from './evaluate.ts';
import { valueOf } from './measure-value.ts';

/** What a budget has spent, and when it will be spent. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The steps that a budget's period is counted in, the running one last: `from` and `stepMs` in milliseconds. */
export interface BudgetSteps {
  readonly from: number;
  readonly stepMs: number;
  readonly count: number;
}

/** The steps of a period as it is at `now` (epoch ms): minutes of an hour, hours of anything longer. */
export function budgetSteps(period: BudgetPeriod, now: number): BudgetSteps {
  const stepMs = period === '1h' ? MINUTE : HOUR;
  const count = BUDGET_PERIODS[period] / stepMs;
  return { from: (Math.floor(now / stepMs) - count + 1) * stepMs, stepMs, count };
}

/** What a key has spent in each step, the oldest first. */
export function spendings(
  measure: RuleOf<'budget'>['measure'],
  windows: WindowsByKey extends Map<string, infer Windows> ? Windows : never,
  { from, stepMs, count }: BudgetSteps,
): number[] {
  return Array.from(
    { length: count },
    (_, step) => valueOf({ measure, min_messages: 0 }, windows.get(from + step * stepMs)) ?? 0,
  );
}

/** What a rule sees of a budget whose last step has run for `elapsedMs`. */
export function observeBudget(
  { limit }: Pick<RuleOf<'budget'>, 'limit'>,
  spent: readonly number[],
  stepMs: number,
  elapsedMs: number,
): Observation {
  const value = spent.reduce((sum, each) => sum + each, 0);
  return { kind: 'value', value, limitIn: limitIn(limit, spent, stepMs, elapsedMs) };
}

/** Full steps that the present rate is taken from, besides the running one: an hour's, or five minutes'. */
function stepsOfRate(stepMs: number): number {
  return stepMs < HOUR ? 5 : 1;
}

/**
 * In how many seconds the sum over the period reaches `limit`, if spending goes on as it does now and what is old
 * leaves the period step by step; 0 where it has, undefined where it will not.
 */
export function limitIn(limit: number, spent: readonly number[], stepMs: number, elapsedMs: number): number | undefined {
  const recent = spent.slice(-1 - stepsOfRate(stepMs));
  const rate = recent.reduce((sum, each) => sum + each, 0) / ((recent.length - 1) * stepMs + elapsedMs);
  let sum = spent.reduce((total, each) => total + each, 0);
  if (sum >= limit) return 0;
  if (!(rate > 0)) return undefined;
  let at = 0;
  let untilNext = stepMs - elapsedMs;
  for (const leaving of spent) {
    if (sum + rate * untilNext >= limit) return (at + (limit - sum) / rate) / 1_000;
    sum += rate * untilNext - leaving;
    at += untilNext;
    untilNext = stepMs;
  }
  // From here on all of the period is at the present rate, and the sum stays as it is.
  return undefined;
}
