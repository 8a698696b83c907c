import { loadConfig } from '@fleetbeat/infra/config.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { freshDatabase, type FreshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expireAlerts } from './expire-alerts.ts';
import { expireOldSuggestions } from './expire-old-suggestions.ts';
import type { RetentionContext } from './retention-context.ts';

const DAY = 86_400_000;
const NOW = 1_800_000_000_000;

let fresh: FreshDatabase;
let context: RetentionContext;
beforeAll(async () => {
  fresh = await freshDatabase();
  context = {
    database: fresh.database,
    retention: loadConfig({ RETENTION_SUGGESTIONS: '90d', RETENTION_ALERTS: '10d' }).retention,
    logger: createLogger('test', 'silent'),
    now: () => NOW,
    signal: new AbortController().signal,
  } as unknown as RetentionContext;
});
afterAll(() => fresh.drop());

it('drops suggestions long after they were decided, with what was said about them, and none that wait', async () => {
  await fresh.database.query(
    `insert into suggestions (id, agent_id, action, reasoning, confidence, status, created_at, created_by, expires_at, approved_at, rejected_at)
     select id, 'a', 'x', 'y', 0.5, status, 1, 'test', expires, approved, rejected
     from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) as s (id, status, expires, approved, rejected)`,
    [
      ['waits', 'approved-long-ago', 'approved', 'rejected-long-ago', 'expired-long-ago', 'expired'],
      ['pending', 'approved', 'approved', 'rejected', 'expired', 'expired'],
      [1, 1, 1, NOW, NOW - 90 * DAY - 1, NOW - 90 * DAY],
      [null, NOW - 90 * DAY - 1, NOW - 90 * DAY, null, null, null],
      [null, null, null, NOW - 91 * DAY, null, null],
    ],
  );
  await fresh.database.query(
    `insert into comments (entity_type, entity_id, author_type, author_id, author_name, text, created_at)
     select 'suggestion', id, 'human', 'a', 'a', 'x', 1 from suggestions`,
  );
  expect(await expireOldSuggestions(context)).toBe(3);
  const { rows } = await fresh.database.query(
    `select id, (select count(*)::int from comments where entity_id = suggestions.id) as comments from suggestions order by id`,
  );
  expect(rows).toEqual(['approved', 'expired', 'waits'].map((id) => ({ id, comments: 1 })));
});

it('drops alerts long after they were resolved, and notifications with who has read them, and none that fire', async () => {
  await fresh.database.query(`insert into alert_rules (id, definition, updated_by) values ('r', '{"name": "r"}', 'test')`);
  await fresh.database.query(
    `insert into alerts (rule_id, key, state, severity, tracks, reason, began_at, resolved_at)
     values ('r', 'fires', 'firing', 'error', '[]', 'x', 1, null), ('r', 'old', 'resolved', 'error', '[]', 'x', 1, $1),
            ('r', 'new', 'resolved', 'error', '[]', 'x', 1, $1::bigint + 1)`,
    [NOW - 10 * DAY - 1],
  );
  await fresh.database.query(
    `insert into notifications (at, severity, kind, title, body) values ($1, 'info', 'x', 'old', ''), ($1::bigint + 1, 'info', 'x', 'new', '')`,
    [NOW - 10 * DAY - 1],
  );
  await fresh.database.query(
    `insert into notification_reads (reader, notification_id, read_at) select 'ann', id, 1 from notifications`,
  );
  await fresh.database.query(
    `insert into notification_readers (reader, read_up_to, read_at)
     select 'read the ' || title, id, 1 from notifications`,
  );
  expect(await expireAlerts(context)).toBe(2);
  const left = await fresh.database.query(
    `select reader from notification_reads union all select reader from notification_readers order by 1`,
  );
  expect(left.rows).toEqual([{ reader: 'ann' }, { reader: 'read the new' }]);
  const { rows } = await fresh.database.query('select key from alerts union all select title from notifications order by 1');
  expect(rows.map((row) => (row as { key: string }).key)).toEqual(['fires', 'new', 'new']);
});
