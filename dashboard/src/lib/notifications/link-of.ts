import type { Notification } from '@fleetbeat/contracts/alerts.ts';

/** The page that tells more about a notification. */
export function linkOf({ subject, rule_id: ruleId }: Pick<Notification, 'subject' | 'rule_id'>): string {
  if (subject?.type === 'task') return `/tasks/${encodeURIComponent(subject.id)}`;
  if (subject?.type === 'suggestion') return `/suggestions?id=${encodeURIComponent(subject.id)}`;
  return ruleId === null ? '/alerts' : `/alerts?rule=${encodeURIComponent(ruleId)}`;
}
