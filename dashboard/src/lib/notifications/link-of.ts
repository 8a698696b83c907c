import type { Notification } from '@fleetbeat/contracts/alerts.ts';

/** The page that tells more about a notification; of alerts, the one of their incident. */
export function linkOf({ subject, alert_ids: [alertId] }: Pick<Notification, 'subject' | 'alert_ids'>): string {
  if (subject?.type === 'task') return `/tasks/${encodeURIComponent(subject.id)}`;
  if (subject?.type === 'suggestion') return `/suggestions?id=${encodeURIComponent(subject.id)}`;
  if (subject?.type === 'incident') return `/incidents/${encodeURIComponent(subject.id)}`;
  return alertId === undefined ? '/alerts' : `/incidents?alert=${alertId}`;
}
