import { startEmbeddedDatabase, type EmbeddedDatabase } from '../database/embedded.ts';
import { createLogger } from '../logger.ts';

/** The Postgres that npm brings, for one test run, with its data in `folder`. */
export function startTestPostgres(folder: string): Promise<EmbeddedDatabase> {
  return startEmbeddedDatabase(folder, createLogger('test-postgres', 'warn'));
}
