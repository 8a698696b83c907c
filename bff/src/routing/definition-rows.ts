import * as z from 'zod';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { Stored } from '@fleetbeat/contracts/routing.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import type { ReadQuery } from '../http/read-query.ts';
import type { DefinitionKind } from './definition-changes.ts';

/** Definitions as they are read: by name, and those without one the newest first. */
export interface DefinitionRows<Kept> {
  list(page: { limit: number; cursor?: string | undefined }): Promise<List<Stored<Kept>>>;
  find(id: string): Promise<Stored<Kept> | null>;
}

const COLUMNS = 'id, version, built_in, created_at, created_by, updated_at, updated_by, definition';
const ORDER = `lower(coalesce(definition ->> 'name', '')), -created_at, id`;
const POSITION = z.tuple([z.string(), z.number(), z.string()]);

export function createDefinitionRows<Kept extends object>(query: ReadQuery, kind: DefinitionKind): DefinitionRows<Kept> {
  return {
    async list({ limit, cursor }) {
      const [name, created, id] = cursor === undefined ? [null, null, null] : decodeCursor(cursor, POSITION);
      const rows = await query<Stored<Kept>>(
        `${kind}s.list`,
        `select ${COLUMNS} from alerting_definitions
         where kind = $1 and ($2::text is null or (${ORDER}) > (lower($2), $3::bigint, $4))
         order by ${ORDER} limit $5`,
        [kind, name, created, id, limit + 1],
      );
      return pageOf(
        rows,
        limit,
        (row) => row,
        ({ definition, created_at, id: last }) => ['name' in definition ? definition.name : '', -created_at, last],
      );
    },

    async find(id) {
      const [row] = await query<Stored<Kept>>(
        `${kind}s.find`,
        `select ${COLUMNS} from alerting_definitions where kind = $1 and id = $2`,
        [kind, id],
      );
      return row ?? null;
    },
  };
}
