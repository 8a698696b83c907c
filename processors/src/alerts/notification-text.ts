import {
  fillAnnotations,
  formatDuration,
  formatMeasure,
  formatThreshold,
  formatValue,
} from '@fleetbeat/contracts/alert-values.ts';
import type { AlertNews, Diagnosis, Severity } from '@fleetbeat/contracts/alerts.ts';
import { RULE_WINDOWS, type WatchedSet } from '@fleetbeat/contracts/rule-measures.ts';
import type { ComparedRule, Rule, RuleOf } from '@fleetbeat/contracts/rules.ts';
import type { Transition } from '@fleetbeat/infra/rules/evaluate.ts';

/** What people read when alerts change. */

export interface NewNotification {
  readonly severity: Severity;
  readonly kind: AlertNews;
  readonly title: string;
  readonly body: string;
  readonly alertIds: readonly number[];
}

/** An alert that has changed; `firedAt`: when it began to fire, epoch milliseconds. */
export interface ChangedAlert {
  readonly id: number;
  readonly key: string;
  readonly transition: Transition;
  readonly firedAt: number | null;
  readonly diagnosis?: Diagnosis | null | undefined;
}

/** Characters of a title at most. */
export const TITLE_LENGTH = 80;
/** Alerts that a body tells one by one. */
const LISTED = 5;

/**
 * One notification for all alerts of a rule that have begun to fire together, one for those that got worse, and so on;
 * none for what is only pending. `beyond`: keys in breach that have no alert because the rule has as many as it may have.
 */
export function tell(rule: Rule, changed: readonly ChangedAlert[], beyond: number, now: number): NewNotification[] {
  return KINDS.flatMap((kind) => {
    const alerts = changed.filter(({ transition }) => kindOf(transition) === kind);
    const [first] = alerts;
    if (first === undefined) return [];
    const more = kind === 'firing' ? beyond : 0;
    return [
      {
        severity: kind === 'resolved' ? 'info' : worst(alerts),
        kind,
        title: titleOf(rule, kind, alerts, first, more, now),
        body: bodyOf(rule, kind, alerts, first, more),
        alertIds: alerts.map(({ id }) => id),
      },
    ];
  });
}

const KINDS = ['firing', 'escalated', 'eased', 'resolved'] as const;

/** What a transition is told as; undefined where it is nobody's business yet. */
export function kindOf({ from, to, reason }: Transition): AlertNews | undefined {
  if (to === 'resolved') return 'resolved';
  if (to !== 'firing') return undefined;
  if (from !== 'firing' || reason === 'inhibition_ended') return 'firing';
  return reason === 'worse_lasted' ? 'escalated' : 'eased';
}

function worst(alerts: readonly ChangedAlert[]): Severity {
  const severities = alerts.map(({ transition }) => transition.severity);
  return severities.includes('error') ? 'error' : severities.includes('warning') ? 'warning' : 'info';
}

const PLURALS: Record<WatchedSet, string> = {
  agent: 'agents',
  model: 'models',
  host: 'hosts',
  workflow: 'workflows',
  fleet: 'fleets',
  pipeline: 'pipelines',
};

function titleOf(
  rule: Rule,
  kind: AlertNews,
  alerts: readonly ChangedAlert[],
  first: ChangedAlert,
  beyond: number,
  now: number,
): string {
  const more = beyond > 0 ? `, and ${beyond} more` : '';
  const many = alerts.length > 1 ? `${alerts.length} ${PLURALS[rule.watch.set]}` : undefined;
  const whole = rule.watch.set === 'fleet' || rule.watch.set === 'pipeline';
  const sentence = (who: string): string => {
    if (first.transition.reason === 'rule_disabled') return `${who} no longer watched: ${rule.name} is switched off`;
    switch (rule.kind) {
      case 'liveness':
        return livenessTitle(kind, who, alerts, first, now);
      case 'absence':
        if (kind === 'resolved') return `${who} heard from again`;
        return `Nothing from ${who} for ${formatDuration(RULE_WINDOWS[rule.window] / 1_000)}`;
      case 'looping':
        if (kind === 'resolved') return `${who} ${many === undefined ? 'gets' : 'get'} on again`;
        return `${who} busy without progress for ${formatValue(rule, first.transition.value)}`;
      case 'budget':
        return budgetTitle(rule, kind, who, first, many !== undefined, whole);
      case 'threshold':
      case 'change':
        return thresholdTitle(rule, kind, who, first, many !== undefined, whole);
      default:
        return rule satisfies never;
    }
  };
  return fitted((who) => sentence(who) + more, many ?? (whole ? `the ${rule.watch.set}` : first.key));
}

function livenessTitle(kind: AlertNews, who: string, alerts: readonly ChangedAlert[], first: ChangedAlert, now: number): string {
  const one = alerts.length === 1;
  if (kind !== 'resolved') {
    const silence = Math.max(...alerts.map(({ transition }) => transition.value ?? 0));
    return `${who} stopped answering ${formatDuration(silence)} ago`;
  }
  if (first.transition.reason === 'no_data') return `${who} ${one ? 'is' : 'are'} no longer expected`;
  const lasted = first.firedAt === null ? '' : ` after ${formatDuration((now - first.firedAt) / 1_000)}`;
  return `${who} ${one ? 'answers' : 'answer'} again${lasted}`;
}

function budgetTitle(
  rule: RuleOf<'budget'>,
  kind: AlertNews,
  who: string,
  { transition }: ChangedAlert,
  many: boolean,
  whole: boolean,
): string {
  const about = whole ? rule.name : `${rule.name}: ${who}`;
  if (kind === 'resolved') return `${about} within budget again`;
  if (many) return `${about} at their budget`;
  return `${about} at ${formatValue(rule, transition.value)} of ${formatMeasure(rule.measure, rule.limit)} in ${rule.period}`;
}

function thresholdTitle(
  rule: ComparedRule,
  kind: AlertNews,
  who: string,
  { transition }: ChangedAlert,
  many: boolean,
  whole: boolean,
): string {
  const { severity, value, reason } = transition;
  const side = rule.comparison.startsWith('>') ? 'above' : 'below';
  const limit = `${side} ${formatThreshold(rule, severity)}`;
  const about = whole ? rule.name : `${rule.name}: ${who}`;
  if (many) {
    if (kind === 'resolved') return `${about} back to normal`;
    return kind === 'eased' ? `${about} better, still ${limit}` : `${about} ${limit}`;
  }
  const at = formatValue(rule, value);
  switch (kind) {
    case 'firing':
      return `${about} at ${at} (${limit})`;
    case 'escalated':
      return `${about} worse, at ${at} (${limit})`;
    case 'eased':
      return `${about} better, at ${at} (still ${limit})`;
    case 'resolved':
      return reason === 'no_data' ? `${about} no longer seen` : `${about} back at ${at}`;
    default:
      return kind satisfies never;
  }
}

function bodyOf(rule: Rule, kind: AlertNews, alerts: readonly ChangedAlert[], first: ChangedAlert, beyond: number): string {
  const { severity, value } = first.transition;
  const annotations = fillAnnotations(rule, { key: first.key, value, severity });
  const lines = alerts.length === 1 ? Object.values(annotations) : alerts.slice(0, LISTED).map((alert) => lineOf(rule, alert));
  if (alerts.length === 1 && kind !== 'resolved' && first.diagnosis) lines.push(first.diagnosis.text);
  const unlisted = (alerts.length === 1 ? 0 : Math.max(0, alerts.length - LISTED)) + beyond;
  if (unlisted > 0) lines.push(`and ${unlisted} more`);
  if (rule.runbook_url !== null && kind !== 'resolved') lines.push(rule.runbook_url);
  return lines.join('\n');
}

function lineOf(rule: Rule, { key, transition }: ChangedAlert): string {
  return transition.value === null ? key : `${key}: ${formatValue(rule, transition.value)}`;
}

/** The sentence about `who`, whose middle is left out where the whole is too long for a title. */
function fitted(sentence: (who: string) => string, who: string): string {
  const excess = [...sentence(who)].length - TITLE_LENGTH;
  if (excess <= 0) return sentence(who);
  const letters = [...who];
  const kept = Math.max(8, letters.length - excess - 1);
  const head = Math.ceil(kept / 2);
  const shortened =
    letters.length <= kept ? who : `${letters.slice(0, head).join('')}…${letters.slice(letters.length - kept + head).join('')}`;
  const title = [...sentence(shortened)];
  return title.length <= TITLE_LENGTH ? title.join('') : `${title.slice(0, TITLE_LENGTH - 1).join('')}…`;
}
