import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FreshDatabase, freshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { archiveSilent } from './archive-silent.ts';

const DAY = 86_400_000;
const CLOCK = 100 * DAY;

let fresh: FreshDatabase;
beforeEach(async () => {
  fresh = await freshDatabase();
  // The second log has stood still for 60 days.
  await fresh.database.query(
    `insert into sources (topic, partition, clock_ms) values ('agent-events', 0, $1), ('agent-events', 1, $2)`,
    [CLOCK, CLOCK - 60 * DAY],
  );
});
afterEach(() => fresh.drop());

it('archives who was silent in the time of the own log, once, and writes it down', async () => {
  const agents = [
    ['silent', 1, CLOCK - 30 * DAY - 1],
    ['heard', 1, CLOCK - 30 * DAY],
    ['stalled', 2, CLOCK - 60 * DAY],
  ] as const;
  for (const [id, source, seen] of agents) {
    await fresh.database.query(
      `insert into agents (agent_id, source, status, first_seen, last_seen) values ($1, $2, 'online', 0, $3)`,
      [id, source, seen],
    );
  }
  const sweep = () => archiveSilent(fresh.database, 'agent', 30 * DAY);
  expect([await sweep(), await sweep()]).toEqual([1, 0]);
  const { rows: archived } = await fresh.database.query(`select agent_id, archived_at from agents where archived_at is not null`);
  expect(archived).toEqual([{ agent_id: 'silent', archived_at: CLOCK }]);
  const { rows: audit } = await fresh.database.query('select entity_id, actor_type, changes from audit_logs');
  expect(audit).toEqual([
    { entity_id: 'silent', actor_type: 'system', changes: { archived_at: { before: null, after: CLOCK } } },
  ]);
});

it('archives silent hosts likewise, and lets agents be', async () => {
  for (const [id, seen] of [
    ['silent', CLOCK - 30 * DAY - 1],
    ['heard', CLOCK - 30 * DAY],
  ]) {
    await fresh.database.query(
      `insert into hosts (host_id, source, first_seen, last_seen, sample, sample_ts) values ($1, 1, 0, $2, '{}', $2)`,
      [id, seen],
    );
  }
  await fresh.database.query(
    `insert into agents (agent_id, source, status, first_seen, last_seen) values ('a', 1, 'online', 0, 0)`,
  );
  expect(await archiveSilent(fresh.database, 'host', 30 * DAY)).toBe(1);
  const { rows } = await fresh.database.query(
    `select host_id as id, archived_at from hosts union all select agent_id, archived_at from agents order by id`,
  );
  expect(rows).toEqual([
    { id: 'a', archived_at: null },
    { id: 'heard', archived_at: null },
    { id: 'silent', archived_at: CLOCK },
  ]);
  const { rows: audit } = await fresh.database.query('select entity_type, entity_id from audit_logs');
  expect(audit).toEqual([{ entity_type: 'host', entity_id: 'silent' }]);
});
