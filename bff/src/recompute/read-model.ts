import * as z from 'zod';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { Recompute } from '@fleetbeat/contracts/recompute.ts';
import { RECOMPUTE_COLUMNS } from '@fleetbeat/infra/recompute/recompute-rows.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import type { ReadQuery } from '../http/read-query.ts';

const POSITION = z.tuple([z.number().int()]);
const RECOMPUTES = `select ${RECOMPUTE_COLUMNS} from recomputes`;

/** Reads recomputes, the newest first. */
export function createRecomputesReadModel(query: ReadQuery) {
  return {
    async list({ limit, cursor }: { limit: number; cursor?: string | undefined }): Promise<List<Recompute>> {
      const before = cursor === undefined ? null : decodeCursor(cursor, POSITION)[0];
      const rows = await query<Recompute>(
        'recomputes.list',
        `${RECOMPUTES} where $2::bigint is null or id < $2 order by recomputes.id desc limit $1`,
        [limit + 1, before],
      );
      return pageOf(
        rows,
        limit,
        (row) => row,
        ({ id }) => [id],
      );
    },

    async find(id: number): Promise<Recompute | null> {
      const [row] = await query<Recompute>('recomputes.find', `${RECOMPUTES} where id = $1::bigint`, [id]);
      return row ?? null;
    },
  };
}
export type RecomputesReadModel = ReturnType<typeof createRecomputesReadModel>;
