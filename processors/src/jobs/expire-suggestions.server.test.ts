import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase, type FreshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { expireSuggestions } from './expire-suggestions.ts';

const NOW = 1_800_000_000_000;

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase();
  await fresh.database.query(
    `insert into suggestions (id, agent_id, action, reasoning, confidence, status, created_at, created_by, expires_at)
     select id, 'a', 'x', 'y', 0.5, status, 1, 'test', expires from unnest($1::text[], $2::text[], $3::bigint[]) as s (id, status, expires)`,
    [
      ['due', 'later', 'decided', ...Array.from({ length: 250 }, (_, index) => `many-${index}`)],
      ['pending', 'pending', 'approved', ...Array.from({ length: 250 }, () => 'pending')],
      [NOW, NOW + 1, NOW, ...Array.from({ length: 250 }, () => NOW - 1)],
    ],
  );
});
afterAll(() => fresh.drop());

it('ends what nobody has decided in time, each once, and writes it down', async () => {
  expect(await expireSuggestions(fresh.database, NOW - 2)).toEqual([]);
  const sweeps = await Promise.all([1, 2, 3].map(() => expireSuggestions(fresh.database, NOW)));
  const ended = sweeps.flat().flatMap(({ data }) => ('expires_at' in data ? [data] : []));
  expect(ended).toHaveLength(251);
  expect(ended.find(({ id }) => id === 'due')).toMatchObject({ status: 'expired', revision: 2 });
  const { rows: left } = await fresh.database.query(`select id, status from suggestions where status <> 'expired' order by id`);
  expect(left).toEqual([
    { id: 'decided', status: 'approved' },
    { id: 'later', status: 'pending' },
  ]);
  const { rows } = await fresh.database.query(
    `select count(*) as entries, count(distinct entity_id) as suggestions from audit_logs where action = 'expired' and actor_type = 'system'`,
  );
  expect(rows).toEqual([{ entries: 251, suggestions: 251 }]);
});

it('leaves what somebody is just deciding for the next time', async () => {
  const holder = await fresh.database.connect();
  try {
    await holder.query('begin');
    await holder.query(`select from suggestions where id = 'later' for update`);
    expect(await expireSuggestions(fresh.database, NOW + 1)).toEqual([]);
    await holder.query('rollback');
    expect(await expireSuggestions(fresh.database, NOW + 1)).toHaveLength(1);
  } finally {
    holder.release();
  }
});
