import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database, Transaction } from './database.ts';
import { inTransaction } from './database.ts';

/** Any number that nobody else uses: processes that start together migrate one after the other. */
const MIGRATION_LOCK = 4_017_318_220;

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly hash: string;
}

/**
 * Brings the database to the newest schema: runs the files of `migrations/` that have not run yet, in
 * order of their names, each in its own transaction. Safe to call from many processes at once. Rejects
 * where a file that has run was changed since, or is missing (a database newer than this code).
 */
export async function migrate(database: Database, folder: string = join(import.meta.dirname, 'migrations')): Promise<void> {
  const migrations = await readMigrations(folder);
  for (const migration of migrations) {
    await inTransaction(database, (transaction) => apply(transaction, migration));
  }
  await refuseNewerSchema(database, migrations);
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return await Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(folder, name), 'utf8');
      return { name, sql, hash: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function apply(transaction: Transaction, { name, sql, hash }: Migration): Promise<void> {
  await transaction.query(`set local statement_timeout = 0`);
  await transaction.query(`select pg_advisory_xact_lock($1)`, [MIGRATION_LOCK]);
  await transaction.query(`
    create table if not exists schema_migrations (
      name text primary key,
      hash text not null,
      applied_at timestamptz not null default clock_timestamp()
    )`);
  const applied = await transaction.query<{ hash: string }>(`select hash from schema_migrations where name = $1`, [name]);
  const known = applied.rows[0];
  if (known === undefined) {
    await transaction.query(sql);
    await transaction.query(`insert into schema_migrations (name, hash) values ($1, $2)`, [name, hash]);
  } else if (known.hash !== hash) {
    throw new Error(`the migration ${name} was changed after it had run on this database: write a new one instead`);
  }
}

async function refuseNewerSchema(database: Database, migrations: readonly Migration[]): Promise<void> {
  const { rows } = await database.query<{ name: string }>(`select name from schema_migrations where name <> all($1)`, [
    migrations.map(({ name }) => name),
  ]);
  if (rows.length > 0) {
    const names = rows.map(({ name }) => name).join(', ');
    throw new Error(`the database has migrations that this version does not know (${names}): it belongs to a newer Fleetbeat`);
  }
}
