import type { Rule } from '@fleetbeat/contracts/rules.ts';
import type { Severity } from '@fleetbeat/contracts/alerts.ts';

/** What is known of whom an alert is about. */
export interface Subject {
  /** Labels of the agent or host. */
  readonly labels: Readonly<Record<string, string>> | null;
  /** The host that an agent runs on. */
  readonly hostId: string | null;
  readonly model: string | null;
}

/** The labels of an alert: those of its agent or host, over them those of its rule, over them Fleetbeat's own. */
export function alertLabels(
  rule: Rule,
  alert: { readonly rule_id: string; readonly key: string; readonly severity: Severity },
  subject: Subject,
): Record<string, string> {
  const { set } = rule.watch;
  const about: Record<string, string> = {};
  if (set === 'agent' || set === 'host' || set === 'model') about[set] = alert.key;
  if (set === 'agent' && subject.hostId !== null) about['host'] = subject.hostId;
  if (set === 'agent' && subject.model !== null) about['model'] = subject.model;
  return {
    ...subject.labels,
    ...rule.labels,
    alertname: rule.name,
    rule_id: alert.rule_id,
    kind: rule.kind,
    severity: alert.severity,
    set,
    key: alert.key,
    ...about,
  };
}
