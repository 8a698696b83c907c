import type { Change } from '../http/change.ts';

/** Which notifications were read: these, or every one up to and with this. */
export type WhatWasRead = { ids: readonly number[] } | { up_to: number };

/** Marks notifications as read by somebody and answers how many of them nobody had read before. */
export type MarkRead = (reader: { id: string; name: string }, what: WhatWasRead) => Promise<number>;

export function createMarkRead(change: Change, now: () => number): MarkRead {
  return (reader, what) =>
    change('notifications.read', async (transaction) => {
      const [which, value] = 'ids' in what ? ['id = any($3)', what.ids] : ['id <= $3', what.up_to];
      const { rowCount } = await transaction.query(
        `update notifications set read_at = $1, read_by = $2
         where read_at is null and (recipient is null or recipient = $4) and ${which}`,
        [now(), reader.name, value, reader.id],
      );
      return rowCount ?? 0;
    });
}
