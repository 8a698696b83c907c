import type { ComparedRule, RuleOf } from '@fleetbeat/contracts/rules.ts';

/** When rules look at which windows: the same live and over history. */

/** How far behind the clock a rolling window ends at least, in milliseconds: until then events are on their way. */
export const BEHIND_MS = 3_000;
/** Where it matters what is missing, senders that gather their events for a while are waited for. */
export const BEHIND_FOR_ALL_MS = 12_000;

/** Rules that look at rolling windows. */
export type WindowedRule = RuleOf<'absence'> | ComparedRule;

/** A part of the events is less than all of them. */
export function needsAll(rule: WindowedRule): boolean {
  return rule.kind === 'absence' || rule.kind === 'change' || rule.comparison.startsWith('<');
}

/** How far behind the clock the windows of a rule end at least, in milliseconds. */
export function behindMs(rule: WindowedRule): number {
  return needsAll(rule) ? BEHIND_FOR_ALL_MS : BEHIND_MS;
}

/** What their end moves by, in milliseconds: 10 s up to 5 minutes, else, and where windows are compared, minutes. */
export function windowStepMs({ kind, window }: WindowedRule): 10_000 | 60_000 {
  return kind !== 'change' && (window === '1m' || window === '5m') ? 10_000 : 60_000;
}
