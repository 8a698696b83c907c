import * as z from 'zod';
import type { Notification } from '@fleetbeat/contracts/alerts.ts';
import type { List } from '@fleetbeat/contracts/api.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import type { ReadQuery } from '../http/read-query.ts';

export interface NotificationFilter {
  /** Whoever reads: what is for somebody else is not for them. */
  reader: string;
  unread: boolean;
  limit: number;
  cursor?: string | undefined;
}

const POSITION = z.tuple([z.number().int()]);

/** Reads notifications, the newest first. */
export function createNotificationsReadModel(query: ReadQuery) {
  return async (filter: NotificationFilter): Promise<List<Notification>> => {
    const before = filter.cursor === undefined ? null : decodeCursor(filter.cursor, POSITION)[0];
    const rows = await query<Notification>(
      'notifications.list',
      `select id, at, severity, kind, title, body, rule_id, alert_ids, read_at, read_by, recipient,
         case when subject_id is not null then jsonb_build_object('type', subject_type, 'id', subject_id) end as subject
       from notifications
       where ($1::bigint is null or id < $1) and (recipient is null or recipient = $3) ${filter.unread ? 'and read_at is null' : ''} order by id desc limit $2`,
      [before, filter.limit + 1, filter.reader],
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
