import type { Recompute } from '@fleetbeat/contracts/recompute.ts';
import { RECOMPUTE_COLUMNS } from '@fleetbeat/infra/recompute/recompute-rows.ts';
import type { ReadQuery } from '../http/read-query.ts';
import { createRowsById, type RowsById } from '../http/rows-by-id.ts';

export type RecomputesReadModel = RowsById<Recompute>;

export function createRecomputesReadModel(query: ReadQuery): RecomputesReadModel {
  return createRowsById<Recompute>(query, { name: 'recomputes', columns: RECOMPUTE_COLUMNS });
}
