import { notificationSchema, SEVERITIES } from '@fleetbeat/contracts/alerts.ts';
import { isWanted, type Preferences } from '@fleetbeat/contracts/notification-preferences.ts';
import { quietSince } from './preferences.ts';

/** Whoever reads, and what they want to see. */
export interface Reader {
  /** As `ownerOf` names them. */
  readonly id: string;
  readonly preferences: Preferences;
}

/**
 * Which rows `n` of notifications are shown to the reader $1, given `shownTo` as $2 and $3: not what is for somebody else,
 * nor what they do not want, nor what is only info while quiet hours last.
 */
export const IS_SHOWN = `(n.recipient is null or n.recipient = $1) and n.kind || ' ' || n.severity = any($2)
  and ($3::bigint is null or n.kind = 'mentioned' or n.severity <> 'info' or n.at < $3)`;

export function shownTo({ id, preferences }: Reader, now: number): [string, string[], number | null] {
  return [id, wantedKinds(preferences), quietSince(preferences, now) ?? null];
}

/** Which rows `n` of notifications the reader $1 has not read. */
export const IS_UNREAD = `n.read_at is null
  and n.id > coalesce((select read_up_to from notification_readers where reader = $1), 0)
  and not exists (select from notification_reads r where r.reader = $1 and r.notification_id = n.id)`;

/** Kinds and severities that somebody wants, as `kind severity`. */
function wantedKinds(preferences: Preferences): string[] {
  return notificationSchema.shape.kind.options.flatMap((kind) =>
    SEVERITIES.flatMap((severity) => (isWanted(preferences, { kind, severity }) ? [`${kind} ${severity}`] : [])),
  );
}
