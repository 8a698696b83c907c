import type { Metrics } from '../metrics.ts';
import type { Database } from './database.ts';

/** Runs one reading statement and answers its rows. `name` is what its duration is measured under. */
export type ReadRows = <Row extends object>(name: string, text: string, values?: readonly unknown[]) => Promise<Row[]>;

export function createReadRows(database: Database, metrics: Pick<Metrics, 'timed'>): ReadRows {
  return async <Row extends object>(name: string, text: string, values: readonly unknown[] = []) => {
    const result = await metrics.timed(name, () => database.query(text, [...values]));
    // What a statement answers is known where it is written.
    return result.rows as Row[];
  };
}
