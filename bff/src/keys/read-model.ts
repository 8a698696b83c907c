import * as z from 'zod';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { ApiKeyListed } from '@fleetbeat/contracts/users.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import type { ReadQuery } from '../http/read-query.ts';

const POSITION = z.tuple([z.number(), z.string()]);

const KEYS = `
  select id, name, prefix, scopes, created_by, (extract(epoch from created_at) * 1000)::bigint as created_at,
    (extract(epoch from expires_at) * 1000)::bigint as expires_at, (extract(epoch from revoked_at) * 1000)::bigint as revoked_at,
    (extract(epoch from last_used_at) * 1000)::bigint as last_used_at,
    (extract(epoch from case when previous_expires_at > clock_timestamp() then previous_expires_at end) * 1000)::bigint
      as previous_expires_at
  from api_keys`;

/** Reads which keys there are and were, the newest first. */
export function createKeysReadModel(query: ReadQuery) {
  return {
    async list({ limit, cursor }: { limit: number; cursor?: string | undefined }): Promise<List<ApiKeyListed>> {
      const values: unknown[] = [limit + 1];
      let condition = '';
      if (cursor !== undefined) {
        values.push(...decodeCursor(cursor, POSITION));
        condition = 'where ((extract(epoch from created_at) * 1000)::bigint, id) < ($2::bigint, $3)';
      }
      const rows = await query<ApiKeyListed>(
        'keys.list',
        `${KEYS} ${condition} order by (extract(epoch from created_at) * 1000)::bigint desc, id desc limit $1`,
        values,
      );
      return pageOf(
        rows,
        limit,
        (row) => row,
        (row) => [row.created_at, row.id],
      );
    },

    async find(keyId: string): Promise<ApiKeyListed | null> {
      const [row] = await query<ApiKeyListed>('keys.find', `${KEYS} where id = $1`, [keyId]);
      return row ?? null;
    },
  };
}
export type KeysReadModel = ReturnType<typeof createKeysReadModel>;
