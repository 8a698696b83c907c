import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../logger.ts';
import { type FreshDatabase, freshDatabase } from '../testing/servers.ts';
import { inTransaction } from './database.ts';
import { migrate } from './migrate.ts';
import { openDatabase } from './open.ts';

let fresh: FreshDatabase;
let folder: string;
beforeEach(async () => {
  fresh = await freshDatabase();
  await fresh.database.query('truncate schema_migrations');
  folder = await mkdtemp(join(tmpdir(), 'fleetbeat-migrations-'));
});
afterEach(async () => {
  await fresh.drop();
  await rm(folder, { recursive: true, force: true });
});

async function file(name: string, sql: string): Promise<void> {
  await writeFile(join(folder, name), sql);
}

describe('migrations', () => {
  it('run once, in order of their names, however many processes start together', async () => {
    await file('0002-b.sql', 'insert into numbers select max(n) + 1 from numbers;');
    await file('0001-a.sql', 'create table numbers (n integer); insert into numbers values (1);');
    await Promise.all([1, 2, 3, 4].map(() => migrate(fresh.database, folder)));
    await migrate(fresh.database, folder);
    const { rows } = await fresh.database.query('select n from numbers order by n');
    expect(rows).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('leave nothing of a file that fails, and keep those before it', async () => {
    await file('0001-a.sql', 'create table first_one (n integer)');
    await file('0002-b.sql', 'create table second_one (n integer); select no_such_function();');
    await expect(migrate(fresh.database, folder)).rejects.toThrow(/no_such_function/);
    const { rows } = await fresh.database.query(`select to_regclass('first_one') is null a, to_regclass('second_one') is null b`);
    expect(rows).toEqual([{ a: false, b: true }]);
  });

  it('refuse a file that was changed after it had run', async () => {
    await file('0001-a.sql', 'select 1');
    await migrate(fresh.database, folder);
    await file('0001-a.sql', 'select 2');
    await expect(migrate(fresh.database, folder)).rejects.toThrow(/0001-a.sql was changed/);
  });

  it('refuse a database that belongs to a newer version', async () => {
    await file('0001-a.sql', 'select 1');
    await migrate(fresh.database, folder);
    await rm(join(folder, '0001-a.sql'));
    await expect(migrate(fresh.database, folder)).rejects.toThrow(/belongs to a newer Fleetbeat/);
  });
});

describe('a pool', () => {
  it('reads bigint as a number, and refuses to round one', async () => {
    const { rows } = await fresh.database.query<{ n: number; many: number[] }>(
      'select 9007199254740991::bigint n, array[1, 2]::bigint[] many',
    );
    expect(rows[0]?.n).toBe(9_007_199_254_740_991);
    await expect(fresh.database.query('select 9007199254740993::bigint n')).rejects.toThrow(/does not fit/);
  });

  it('goes on after its connections were ended by the server', async () => {
    const pool = openDatabase(fresh.url, createLogger('test', 'silent'), { name: 'doomed' });
    await pool.query('select 1');
    await fresh.database.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'doomed'`);
    await expect.poll(() => pool.totalCount).toBe(0);
    expect((await pool.query('select 1 one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });

  it('rolls a failed transaction back and gives its connection back', async () => {
    await fresh.database.query('create table things (n integer)');
    await expect(
      inTransaction(fresh.database, async (transaction) => {
        await transaction.query('insert into things values (1)');
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect((await fresh.database.query('select count(*) n from things')).rows).toEqual([{ n: 0 }]);
    expect(fresh.database.idleCount).toBe(fresh.database.totalCount);
  });
});
