import pg from 'pg';
import type { Logger } from '../logger.ts';
import type { Database } from './database.ts';

/** Longest run of one statement of a pool, in milliseconds; the server ends it then. */
export const STATEMENT_TIMEOUT_MS = 15_000;

/** How long a query under way may take while the pool is closed, in milliseconds. */
const LAST_QUERIES_MS = 3_000;

const connectionsOf = new WeakMap<Database, Set<pg.PoolClient>>();

/**
 * A pool of connections to Postgres. Nothing connects before the first query. `bigint` comes back as a
 * number (all of ours stay below 2^53; one that does not is an error, never a rounded value).
 */
export function openDatabase(
  url: string,
  logger: Logger,
  options: { connections?: number | undefined; name?: string | undefined } = {},
): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connections ?? 10,
    application_name: options.name ?? process.title.slice(0, 60),
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    // A transaction whose process hangs must not hold its locks for ever.
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
    types: { getTypeParser },
  });
  // Without a listener a connection that breaks while idle would end the process.
  pool.on('error', (error) => {
    if (!pool.ending) logger.warn({ err: error }, 'an idle database connection broke');
  });
  const connections = new Set<pg.PoolClient>();
  connectionsOf.set(pool, connections);
  pool.on('remove', (client) => connections.delete(client));
  // Nor one that breaks while it is lent out: whoever has it hears of that from the query under way, or the next one.
  pool.on('connect', (client) => {
    connections.add(client);
    client.on('error', (error) => logger.debug({ err: error }, 'a database connection broke'));
  });
  return pool;
}

/**
 * Closes a pool of `openDatabase`. The pool itself would wait for every connection that is lent out, as long as a statement may
 * run: one that has not come back after `lastQueriesMs` is cut, and what runs on it fails.
 */
export async function closeDatabase(database: Database, lastQueriesMs = LAST_QUERIES_MS): Promise<void> {
  const impatience = setTimeout(() => {
    // With a query under way this ends the connection without waiting for it.
    for (const client of connectionsOf.get(database) ?? []) void (client as pg.Client & pg.PoolClient).end();
  }, lastQueriesMs);
  try {
    await database.end();
  } finally {
    clearTimeout(impatience);
  }
}

const INT8 = 20;

const getTypeParser: pg.CustomTypesConfig['getTypeParser'] = (oid: number, format?: 'text' | 'binary') => {
  if (oid === INT8 && format !== 'binary') return parseInt8;
  // The overloads of pg's own function do not take the union.
  return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text');
};

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`the bigint ${text} does not fit into a number`);
  return value;
}
