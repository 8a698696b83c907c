import { expect, it } from 'vitest';
import { freshDatabase } from '../testing/servers.ts';
import { closeDatabase } from './open.ts';

it('a pool is closed though a query goes on that nobody ends', async () => {
  const fresh = await freshDatabase();
  const client = await fresh.database.connect();
  const endless = client.query('select pg_sleep(600)').finally(() => client.release());
  const failure = expect(endless).rejects.toThrow('Connection terminated');
  await closeDatabase(fresh.database, 50);
  await failure;
  await fresh.drop();
});

it('a pool that is closed lets a query end that takes a moment', async () => {
  const fresh = await freshDatabase();
  const client = await fresh.database.connect();
  const short = client.query<{ done: number }>('select 1 as done from pg_sleep(0.1)').finally(() => client.release());
  await closeDatabase(fresh.database, 10_000);
  expect((await short).rows).toEqual([{ done: 1 }]);
  await fresh.drop();
});
