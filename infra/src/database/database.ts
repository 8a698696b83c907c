import pg from 'pg';

/** A Postgres connection inside an open transaction. */
export type Transaction = pg.ClientBase;

/** A pool of Postgres connections. */
export type Database = pg.Pool;

/** Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. */
export async function inTransaction<T>(database: Database, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  const client = await database.connect();
  let failure: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    // A connection that failed to roll back is not given to anybody else.
    client.release(failure !== undefined && isConnectionFailure(failure) ? failure : undefined);
  }
}

function isConnectionFailure(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return (
    code.startsWith('08') ||
    code === 'ECONNRESET' ||
    code === 'EPIPE' ||
    code === '57P01' ||
    /terminat|closed/i.test(error.message)
  );
}
