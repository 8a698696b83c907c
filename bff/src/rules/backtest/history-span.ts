import { BEHIND_FOR_ALL_MS, behindMs, windowStepMs } from '@fleetbeat/infra/rules/window-timing.ts';
import { BUDGET_PERIODS, CHANGE_AGAINST, RULE_WINDOWS } from '@fleetbeat/contracts/rule-measures.ts';
import type { Rule } from '@fleetbeat/contracts/rules.ts';
import { formatDuration } from '@fleetbeat/contracts/alert-values.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { TierRetention } from '@fleetbeat/infra/time-series/window-plan.ts';
import { NARROW } from './limits.ts';

/** Which looks a backtest takes, and in which windows history can still tell what they saw. */

const TEN_SECONDS = 10_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** What is about to expire while it is read. */
const MARGIN_MS = 10 * MINUTE;
/** Looks of one backtest at most. */
const MAX_LOOKS = 50_000;

/** Looks are taken at every `stepMs` from `from` to `to`, both included. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
  /** When the backtest is over: as late as the end of the range could have been seen. */
  readonly ends: number;
}

/** How far before a look a rule sees, in milliseconds. `silentMs`: how long somebody is silent who is offline. */
function reachOf(rule: Rule, silentMs: number): number {
  switch (rule.kind) {
    case 'threshold':
      return rule.watch.set === 'pipeline' ? 0 : RULE_WINDOWS[rule.window];
    case 'absence':
      // Who was there before is read from the full hour on.
      return RULE_WINDOWS[rule.window] + HOUR;
    case 'change':
      return RULE_WINDOWS[rule.window] + CHANGE_AGAINST[rule.against];
    case 'budget':
      // Hours before the range come from windows of an hour.
      return rule.period === '1h' ? BUDGET_PERIODS['1h'] : 0;
    case 'liveness':
      return silentMs + TEN_SECONDS + HOUR;
    case 'looping':
      return 0;
    default:
      return rule satisfies never;
  }
}

/**
 * The span of a backtest, in steps of 10 seconds where the processors take those and history still has them, else of a minute.
 * Throws problems: `no-history` where nothing is kept that could tell, `history-expired`, `empty-range`, `backtest-too-long`.
 */
export function spanOf(
  rule: Rule,
  range: { from: number; to: number },
  silentMs: number,
  retention: TierRetention,
  now: number,
): Span {
  refuseUnkept(rule);
  const reach = reachOf(rule, silentMs);
  const earliest = Math.floor(range.from / MINUTE) * MINUTE - reach;
  const isKept = (tier: '10s' | '1m') => earliest >= now - retention[tier] + MARGIN_MS;
  const wanted = liveStepMs(rule);
  const stepMs = wanted === TEN_SECONDS && (isKept('10s') || rule.kind === 'liveness') ? TEN_SECONDS : MINUTE;
  const tier = stepMs === TEN_SECONDS ? '10s' : '1m';
  if (!isKept(tier) && rule.watch.set !== 'pipeline') {
    const first = new Date(Math.ceil((now - retention[tier] + MARGIN_MS + reach) / MINUTE) * MINUTE + MINUTE).toISOString();
    const windows = tier === '10s' ? 'ten seconds' : 'a minute';
    throw new HttpProblem(
      422,
      'history-expired',
      `windows of ${windows} are kept for ${formatDuration(retention[tier] / 1_000)}, and this rule looks back: let from be ${first} or later`,
    );
  }
  const from = Math.ceil(range.from / stepMs) * stepMs;
  // What came after is not all stored.
  const last = Math.min(range.to, now - BEHIND_FOR_ALL_MS);
  const to = Math.floor(last / stepMs) * stepMs;
  if (to <= from) throw new HttpProblem(400, 'empty-range', 'there is no whole window between from and to that is over');
  const looks = (to - from) / stepMs;
  if (looks > MAX_LOOKS) {
    const most = MAX_LOOKS.toLocaleString('en');
    throw new HttpProblem(422, 'backtest-too-long', `${looks} looks are more than ${most}: ${NARROW}`);
  }
  return { from, to, stepMs, ends: last + seenAfterMs(rule) };
}

/** The processors see a window of a rule so long after it has ended, in milliseconds. */
export function seenAfterMs(rule: Rule): number {
  const isWindowed = rule.kind === 'threshold' || rule.kind === 'change' || rule.kind === 'absence';
  return isWindowed ? behindMs(rule) : BEHIND_FOR_ALL_MS;
}

/** What the looks of the processors are apart, in milliseconds. */
function liveStepMs(rule: Rule): number {
  switch (rule.kind) {
    case 'liveness':
      return TEN_SECONDS;
    case 'threshold':
      return rule.watch.set === 'pipeline' ? MINUTE : windowStepMs(rule);
    case 'change':
    case 'absence':
      return windowStepMs(rule);
    case 'budget':
    case 'looping':
      return MINUTE;
    default:
      return rule satisfies never;
  }
}

function refuseUnkept(rule: Rule): void {
  const unkept = reasonUnkept(rule);
  if (unkept === undefined) return;
  throw new HttpProblem(422, 'no-history', `${unkept}, so nobody can tell whether this rule would have fired: try it in shadow`);
}

function reasonUnkept(rule: Rule): string | undefined {
  if (rule.kind === 'looping') return 'when tasks moved and agents were busy is kept of the newest time alone';
  if (rule.kind === 'threshold' && rule.measure === 'lag_s') {
    return 'how far the pipeline lagged is not kept: where a source stood still for a minute, it may have had nothing to read';
  }
  return undefined;
}
