import type { Database } from '@fleetbeat/infra/database/database.ts';

/** Rows deleted by one statement: short enough to hold nobody up. */
export const BATCH_ROWS = 2_000;

/**
 * Runs a delete of at most `$1` rows again and again until it finds fewer, so that no transaction grows with the
 * backlog. The statement's further parameters are `values`. Answers how many rows have gone.
 */
export async function deleteInBatches(
  database: Database,
  statement: string,
  values: readonly unknown[],
  signal: AbortSignal,
  batchRows: number = BATCH_ROWS,
): Promise<number> {
  let deleted = 0;
  for (;;) {
    signal.throwIfAborted();
    const { rowCount } = await database.query(statement, [batchRows, ...values]);
    deleted += rowCount ?? 0;
    if ((rowCount ?? 0) < batchRows) return deleted;
  }
}
