import type { Notification, Severity, WorkNews } from '@fleetbeat/contracts/alerts.ts';
import type { Transaction } from '../database/database.ts';
import { storableText } from '../database/storable.ts';

export interface WorkNotification {
  readonly kind: WorkNews;
  /** Null where it is about several at once. */
  readonly subject: Notification['subject'];
  /** The user whom it is for; everybody unless given. */
  readonly recipient?: string | undefined;
  /** Cut after 80 characters. */
  readonly title: string;
  /** Further lines; none unless given. */
  readonly body?: string | undefined;
  /** When it happened, epoch milliseconds. */
  readonly at: number;
  /** What is told under one key is told once; unless given, a kind is told once of a subject, and without one always. */
  readonly dedupKey?: string | undefined;
}

const SEVERITY_OF: Record<WorkNews, Severity> = {
  task_completed: 'info',
  task_failed: 'error',
  task_overdue: 'warning',
  suggestion_created: 'info',
  mentioned: 'info',
};

const TITLE_LENGTH = 80;

/**
 * Tells in the dashboard what became of a task or a suggestion, or who was spoken to, once `transaction` is committed. Answers the notification, to
 * be announced live (`{type: 'notification', data}`) after the commit; null where it has been told before.
 */
export async function recordNotification(
  transaction: Transaction,
  { kind, subject, recipient, title, body = '', at, dedupKey }: WorkNotification,
): Promise<Notification | null> {
  const told = {
    at,
    severity: SEVERITY_OF[kind],
    kind,
    title: shorten(storableText(title)),
    body: storableText(body),
    subject: subject === null ? null : { type: subject.type, id: storableText(subject.id) },
    recipient: recipient ?? null,
  };
  const { rows } = await transaction.query<{ id: number }>({
    name: 'record-notification',
    text: `insert into notifications (at, severity, kind, title, body, subject_type, subject_id, dedup_key, recipient)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
           on conflict (dedup_key) where dedup_key is not null do nothing returning id`,
    values: [
      at,
      told.severity,
      kind,
      told.title,
      told.body,
      told.subject?.type ?? null,
      told.subject?.id ?? null,
      storableText(dedupKey ?? (subject === null ? null : `${kind}:${subject.id}`)),
      told.recipient,
    ],
  });
  const [row] = rows;
  return row === undefined ? null : { id: row.id, ...told, rule_id: null, alert_ids: [], read_at: null };
}

function shorten(title: string): string {
  const characters = [...title];
  return characters.length <= TITLE_LENGTH ? title : `${characters.slice(0, TITLE_LENGTH - 1).join('')}…`;
}
