import { formatValue } from '@fleetbeat/contracts/alert-values.ts';
import type { Notice, NoticeAlert, NoticeKind } from '@fleetbeat/contracts/delivery.ts';
import type { Rule } from '@fleetbeat/contracts/rules.ts';
import { LISTED_ALERTS } from './incident-rows.ts';

/** What people read of an incident: its title, and a notice of it. */

const TITLE_LENGTH = 80;
/** Alerts that a body tells one by one. */
const LISTED = 10;

export interface TitledAlert {
  readonly key: string;
  readonly ruleName: string;
}

/** At most 80 characters: the rules of the alerts, and whom they are about. */
export function incidentTitle(alerts: readonly TitledAlert[]): string {
  const [first] = alerts;
  if (first === undefined) return 'No alerts';
  const rules = new Set(alerts.map(({ ruleName }) => ruleName));
  const about = rules.size === 1 ? first.ruleName : `${first.ruleName} and ${rules.size - 1} more`;
  const whole = first.key === 'all' && alerts.length === 1;
  return fitted(whole ? about : `${about}: ${alerts.length === 1 ? first.key : `${first.key} and ${alerts.length - 1} more`}`);
}

function fitted(title: string): string {
  const letters = [...title];
  return letters.length <= TITLE_LENGTH ? title : `${letters.slice(0, TITLE_LENGTH - 1).join('')}…`;
}

export interface NoticeSubject {
  readonly id: number;
  readonly title: string;
  readonly severity: Notice['severity'];
  readonly openedAt: number;
  readonly groupLabels: Record<string, string>;
}

/** A notice of some of an incident's alerts, in the order given; `reason` says why it is sent. */
export function noticeOf(
  incident: NoticeSubject,
  alerts: readonly (NoticeAlert & { readonly rule: Rule })[],
  sent: { kind: NoticeKind; reason: string; at: number; publicUrl: string },
): Notice {
  const lines = alerts.slice(0, LISTED).map((alert) => lineOf(alert));
  if (alerts.length > LISTED) lines.push(`and ${alerts.length - LISTED} more`);
  const [first] = alerts;
  if (alerts.length === 1 && first !== undefined) {
    lines.push(...Object.values(first.annotations));
    if (first.runbook_url !== null && sent.kind !== 'resolved') lines.push(first.runbook_url);
  }
  return {
    kind: sent.kind,
    dedup_key: `fleetbeat-incident-${incident.id}`,
    incident_id: incident.id,
    severity: sent.kind === 'resolved' ? 'info' : incident.severity,
    title: sent.kind === 'resolved' ? fitted(`Resolved: ${incident.title}`) : incident.title,
    body: [`${sent.reason}.`, ...lines].join('\n'),
    url: `${sent.publicUrl}/incidents/${incident.id}`,
    at: sent.at,
    started_at: incident.openedAt,
    group_labels: incident.groupLabels,
    alerts: alerts.slice(0, LISTED_ALERTS).map(listed),
    more_alerts: Math.max(0, alerts.length - LISTED_ALERTS),
  };
}

function lineOf({ rule, rule_name, key, state, severity, value }: NoticeAlert & { readonly rule: Rule }): string {
  return `${state === 'resolved' ? 'resolved' : severity}: ${rule_name}, ${key}${value === null ? '' : `: ${formatValue(rule, value)}`}`;
}

/** An alert as others are told of it. */
function listed(alert: NoticeAlert): NoticeAlert {
  const { id, rule_id, rule_name, set, key, state, severity, value, labels, annotations, runbook_url, fired_at, resolved_at } =
    alert;
  return { id, rule_id, rule_name, set, key, state, severity, value, labels, annotations, runbook_url, fired_at, resolved_at };
}
