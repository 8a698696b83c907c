import type { Database } from '@fleetbeat/infra/database/database.ts';
import { createReadRows, type ReadRows } from '@fleetbeat/infra/database/read-rows.ts';
import type { Metrics } from '@fleetbeat/infra/metrics.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';

/** Gives a statement up after the pool's statement timeout: problem `query-timeout`. What Postgres takes for no value: `invalid-value`. */
export type ReadQuery = ReadRows;

/** Postgres' code for a statement that was cancelled, here by its timeout. */
const QUERY_CANCELED = '57014';
/** Postgres' class for values that do not fit: a number out of range, text with a zero byte. */
const DATA_EXCEPTION = '22';

export function createReadQuery(database: Database, metrics: Pick<Metrics, 'timed'>): ReadQuery {
  const read = createReadRows(database, metrics);
  return async <Row extends object>(name: string, text: string, values?: readonly unknown[]) => {
    try {
      return await read<Row>(name, text, values);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (code === QUERY_CANCELED) throw new HttpProblem(503, 'query-timeout', 'the query took too long: shorten the range');
      if (code.startsWith(DATA_EXCEPTION)) throw new HttpProblem(400, 'invalid-value', 'a value of the request is out of range');
      throw error;
    }
  };
}

/** A LIKE pattern that finds `text` anywhere, its own wildcards taken literally. */
export function containsPattern(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
}
