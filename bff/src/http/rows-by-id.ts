import * as z from 'zod';
import type { List } from '@fleetbeat/contracts/api.ts';
import { decodeCursor, pageOf } from './cursor.ts';
import type { ReadQuery } from './read-query.ts';

const POSITION = z.tuple([z.number().int()]);

/** What is read of a table whose ids grow. `columns` has `id` among them. */
interface Table {
  readonly name: string;
  readonly columns: string;
}

/** Reads rows of a table whose ids grow: in pages, the newest first, or one of them. */
export function createRowsById<Row extends { readonly id: number }>(query: ReadQuery, { name, columns }: Table) {
  const all = `select ${columns} from ${name}`;
  return {
    async list({ limit, cursor }: { limit: number; cursor?: string | undefined }): Promise<List<Row>> {
      const before = cursor === undefined ? null : decodeCursor(cursor, POSITION)[0];
      const rows = await query<Row>(
        `${name}.list`,
        `${all} where $2::bigint is null or id < $2 order by ${name}.id desc limit $1`,
        [limit + 1, before],
      );
      return pageOf(
        rows,
        limit,
        (row) => row,
        ({ id }) => [id],
      );
    },

    async find(id: number): Promise<Row | null> {
      const [row] = await query<Row>(`${name}.find`, `${all} where id = $1::bigint`, [id]);
      return row ?? null;
    },
  };
}
export type RowsById<Row extends { readonly id: number }> = ReturnType<typeof createRowsById<Row>>;
