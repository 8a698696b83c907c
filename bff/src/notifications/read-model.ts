import * as z from 'zod';
import { notificationSchema, SEVERITIES, type Notification } from '@fleetbeat/contracts/alerts.ts';
import type { List } from '@fleetbeat/contracts/api.ts';
import { isWanted, type Preferences } from '@fleetbeat/contracts/notification-preferences.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import type { ReadQuery } from '../http/read-query.ts';
import { quietSince } from './preferences.ts';

export interface NotificationFilter {
  /** Whoever reads: what is for somebody else is not for them. */
  reader: string;
  preferences: Preferences;
  unread: boolean;
  limit: number;
  cursor?: string | undefined;
}

const POSITION = z.tuple([z.number().int()]);

/** Kinds and severities that somebody wants, as `kind severity`. */
function wantedKinds(preferences: Preferences): string[] {
  return notificationSchema.shape.kind.options.flatMap((kind) =>
    SEVERITIES.flatMap((severity) => (isWanted(preferences, { kind, severity }) ? [`${kind} ${severity}`] : [])),
  );
}

/** Reads notifications, the newest first: those that the reader wants, and what is only info when quiet hours are over. */
export function createNotificationsReadModel(query: ReadQuery, now: () => number) {
  return async (filter: NotificationFilter): Promise<List<Notification>> => {
    const before = filter.cursor === undefined ? null : decodeCursor(filter.cursor, POSITION)[0];
    const rows = await query<Notification>(
      'notifications.list',
      `select id, at, severity, kind, title, body, rule_id, alert_ids, read_at, read_by, recipient,
         case when subject_id is not null then jsonb_build_object('type', subject_type, 'id', subject_id) end as subject
       from notifications
       where ($1::bigint is null or id < $1) and (recipient is null or recipient = $3)
         and kind || ' ' || severity = any($4) and ($5::bigint is null or kind = 'mentioned' or severity <> 'info' or at < $5)
         ${filter.unread ? 'and read_at is null' : ''} order by id desc limit $2`,
      [before, filter.limit + 1, filter.reader, wantedKinds(filter.preferences), quietSince(filter.preferences, now()) ?? null],
    );
    return pageOf(
      rows,
      filter.limit,
      // Of arrays the driver knows nothing: their large numbers come as text.
      (row) => ({ ...row, alert_ids: row.alert_ids.map(Number) }),
      (row) => [row.id],
    );
  };
}
export type NotificationsReadModel = ReturnType<typeof createNotificationsReadModel>;
