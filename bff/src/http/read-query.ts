import type { Database } from '@fleetbeat/infra/database/database.ts';
import type { Metrics } from '@fleetbeat/infra/metrics.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';

/**
 * Runs one reading statement and answers its rows. `name` is what its duration is measured under. The
 * statement is given up after the pool's statement timeout: problem `query-timeout`. A value that
 * Postgres does not take is the problem `invalid-value`.
 */
export type ReadQuery = <Row extends object>(name: string, text: string, values?: readonly unknown[]) => Promise<Row[]>;

/** Postgres' code for a statement that was cancelled, here by its timeout. */
const QUERY_CANCELED = '57014';
/** Postgres' class for values that do not fit: a number out of range, text with a zero byte. */
const DATA_EXCEPTION = '22';

export function createReadQuery(database: Database, metrics: Pick<Metrics, 'timed'>): ReadQuery {
  return async <Row extends object>(name: string, text: string, values: readonly unknown[] = []) => {
    try {
      const result = await metrics.timed(name, () => database.query(text, [...values]));
      // What a statement answers is known where it is written.
      return result.rows as Row[];
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
