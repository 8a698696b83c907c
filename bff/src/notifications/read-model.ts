import * as z from 'zod';
import type { Notification } from '@fleetbeat/contracts/alerts.ts';
import type { List } from '@fleetbeat/contracts/api.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import type { ReadQuery } from '../http/read-query.ts';
import { IS_SHOWN, IS_UNREAD, shownTo, type Reader } from './shown-to.ts';

export interface NotificationFilter {
  reader: Reader;
  unread: boolean;
  limit: number;
  cursor?: string | undefined;
}

const POSITION = z.tuple([z.number().int()]);

/** Reads what is shown to somebody, the newest first, and when they have read it. */
export function createNotificationsReadModel(query: ReadQuery, now: () => number) {
  return async (filter: NotificationFilter): Promise<List<Notification>> => {
    const before = filter.cursor === undefined ? null : decodeCursor(filter.cursor, POSITION)[0];
    const rows = await query<Notification>(
      'notifications.list',
      `select n.id, n.at, n.severity, n.kind, n.title, n.body, n.rule_id, n.alert_ids, n.recipient,
         coalesce(one.read_at, case when n.id <= upto.read_up_to then upto.read_at end, n.read_at) as read_at,
         case when n.subject_id is not null then jsonb_build_object('type', n.subject_type, 'id', n.subject_id) end as subject
       from notifications n
         left join notification_reads one on one.reader = $1 and one.notification_id = n.id
         left join notification_readers upto on upto.reader = $1
       where ${IS_SHOWN} and ($4::bigint is null or n.id < $4) ${filter.unread ? `and ${IS_UNREAD}` : ''}
       order by n.id desc limit $5`,
      [...shownTo(filter.reader, now()), before, filter.limit + 1],
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
