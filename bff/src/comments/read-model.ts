import * as z from 'zod';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { Comment } from '@fleetbeat/contracts/comments.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import type { ReadQuery } from '../http/read-query.ts';

export interface CommentFilter {
  entity_type?: string | undefined;
  entity_id?: string | undefined;
  author_id?: string | undefined;
  order: 'asc' | 'desc';
  limit: number;
  cursor?: string | undefined;
}

const POSITION = z.tuple([z.number().int()]);

/** Selects comments as the API answers them, users by the name that they have now; conditions are about `c`. */
export const COMMENTS = `
  select c.id, c.entity_type, c.entity_id, c.author_type, c.author_id, coalesce(u.name, c.author_name) as author_name, c.text,
    c.mentions, c.created_at, c.edited_at, c.revision
  from comments c left join users u on c.author_type = 'human' and u.id = c.author_id`;

/** Reads what was said, in the order in which it was. */
export function createCommentsReadModel(query: ReadQuery) {
  return async (filter: CommentFilter): Promise<List<Comment>> => {
    const values: unknown[] = [];
    const place = (value: unknown) => `$${values.push(value)}`;
    const conditions = ['true'];
    for (const field of ['entity_type', 'entity_id', 'author_id'] as const) {
      if (filter[field] !== undefined) conditions.push(`c.${field} = ${place(filter[field])}`);
    }
    if (filter.cursor !== undefined) {
      conditions.push(`c.id ${filter.order === 'asc' ? '>' : '<'} ${place(decodeCursor(filter.cursor, POSITION)[0])}`);
    }
    const rows = await query<Comment>(
      'comments.list',
      `${COMMENTS} where ${conditions.join(' and ')} order by c.id ${filter.order} limit ${place(filter.limit + 1)}`,
      values,
    );
    return pageOf(
      rows,
      filter.limit,
      (row) => row,
      (row) => [row.id],
    );
  };
}
export type CommentsReadModel = ReturnType<typeof createCommentsReadModel>;
