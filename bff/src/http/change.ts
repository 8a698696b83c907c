import { inTransaction, type Database, type Transaction } from '@fleetbeat/infra/database/database.ts';
import type { Metrics } from '@fleetbeat/infra/metrics.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';

/**
 * Runs what a request changes in one transaction, which is measured under `name`: all of it is done, or nothing. Where it
 * got in another's way it is tried again. Problems: `invalid-value` for a value that Postgres does not take, `busy` (503)
 * where somebody else keeps what is to be changed.
 */
export type Change = <T>(name: string, work: (transaction: Transaction) => Promise<T>) => Promise<T>;

const TRIES = 3;
/** Postgres' codes for a deadlock and for a serialisation failure. */
const TRY_AGAIN = new Set(['40P01', '40001']);
/** For a statement that was cancelled, here by its timeout, and for a lock that was not to be had. */
const BUSY = new Set(['57014', '55P03']);
const DATA_EXCEPTION = '22';

export function createChange(database: Database, metrics: Pick<Metrics, 'timed'>): Change {
  return async (name, work) => {
    for (let tries = 1; ; tries++) {
      try {
        return await metrics.timed(name, () => inTransaction(database, work));
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : '';
        if (TRY_AGAIN.has(code) && tries < TRIES) continue;
        if (TRY_AGAIN.has(code) || BUSY.has(code)) {
          throw new HttpProblem(503, 'busy', 'somebody else is changing this: try again', { 'retry-after': '1' });
        }
        if (!(error instanceof HttpProblem) && code.startsWith(DATA_EXCEPTION)) {
          throw new HttpProblem(400, 'invalid-value', 'a value of the request is out of range');
        }
        throw error;
      }
    }
  };
}
