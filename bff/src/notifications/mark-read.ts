import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import type { Announce } from '../http/announce.ts';
import type { Change } from '../http/change.ts';
import { IS_SHOWN, IS_UNREAD, shownTo, type Reader } from './shown-to.ts';

/** Which notifications were read: these, or every one up to and with this. */
export type WhatWasRead = { ids: readonly number[] } | { up_to: number };

/** Marks what is shown to somebody as read by them alone, and answers how much of it they had not read before. */
export type MarkRead = (reader: Reader, what: WhatWasRead) => Promise<number>;

interface Effects {
  change: Change;
  announce: Announce;
  now: () => number;
}

const DAY_MS = 86_400_000;

export function createMarkRead({ change, announce, now }: Effects): MarkRead {
  return async (reader, what) => {
    const at = now();
    const read = await change('notifications.read', (transaction) =>
      'ids' in what
        ? markThese(transaction, shownTo(reader, at), at, 'n.id = any($5)', what.ids)
        : markUpTo(transaction, shownTo(reader, at), at, what.up_to),
    );
    if (read > 0) announce([{ type: 'notifications_read', data: { reader: reader.id } }]);
    return read;
  };
}

/** A row for each, of those that retention does not take at the same time. */
async function markThese(
  transaction: Transaction,
  shown: ReturnType<typeof shownTo>,
  at: number,
  which: string,
  value: readonly number[] | number,
): Promise<number> {
  const { rowCount } = await transaction.query(
    `insert into notification_reads (reader, notification_id, read_at)
     select $1::text, n.id, $4::bigint from notifications n where ${which} and ${IS_SHOWN} and ${IS_UNREAD} order by n.id for key share
     on conflict do nothing`,
    [...shown, at, value],
  );
  return rowCount ?? 0;
}

/**
 * What is older than a day is read by one number. What is newer has its rows: below the newest of them something may not be
 * committed yet, or be held back by quiet hours, and whoever has not seen it has not read it.
 */
async function markUpTo(transaction: Transaction, shown: ReturnType<typeof shownTo>, at: number, upTo: number): Promise<number> {
  const [reader] = shown;
  // Also keeps out a second mark of the same reader until this one is done.
  await transaction.query(
    `insert into notification_readers (reader, read_up_to, read_at) values ($1, 0, $2)
     on conflict (reader) do update set read_up_to = notification_readers.read_up_to`,
    [reader, at],
  );
  const { rows } = await transaction.query<{ before: number }>(
    // Before all that is newer, even where something old was told after it.
    `select coalesce(max(id), 0) as before from notifications
     where at < $2 and id <= $1 and id < coalesce((select min(id) from notifications where at >= $2), $1 + 1)`,
    [upTo, at - DAY_MS],
  );
  const before = rows[0]?.before ?? 0;
  const old = await transaction.query<{ unread: number }>(
    `select count(*)::int as unread from notifications n where n.id <= $4 and ${IS_SHOWN} and ${IS_UNREAD}`,
    [...shown, before],
  );
  await transaction.query(`update notification_readers set read_up_to = $2, read_at = $3 where reader = $1 and read_up_to < $2`, [
    reader,
    before,
    at,
  ]);
  await transaction.query('delete from notification_reads where reader = $1 and notification_id <= $2', [reader, before]);
  return (old.rows[0]?.unread ?? 0) + (await markThese(transaction, shown, at, 'n.id <= $5', upTo));
}
