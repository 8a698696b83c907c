import { afterAll, beforeAll, expect, it } from 'vitest';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { AuditEntry } from '@fleetbeat/contracts/audit.ts';
import type { Erasure } from '@fleetbeat/contracts/erasures.ts';
import { Browser } from '../testing/browser.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

let bff: TestBff;
let admin: Browser;
beforeAll(async () => {
  bff = await startTestBff();
  admin = new Browser(bff.url, { authorization: `Bearer ${bff.key}` });
});
afterAll(() => bff.stop());

it('is asked for, is in the audit log without the id, and stands nowhere in clear', async () => {
  const before = Date.now();
  const answer = await admin.ask('POST', '/erasures', { user_id: 'jane.doe' });
  expect(answer.status).toBe(202);
  const asked = answer.body as Erasure;
  expect(asked).toMatchObject({ state: 'queued', blocks: 0, raw_events: 0, dead_letters: 0, late_events: 0, started_at: null });
  expect(asked.covers_until - before).toBeGreaterThanOrEqual(5 * 60_000);
  expect(asked.log_until - before).toBeGreaterThanOrEqual(72 * 3_600_000);
  expect((await admin.ask('GET', `/erasures/${asked.id}`)).body).toEqual(asked);
  const { items } = (await admin.ask('GET', '/audit?entity_type=erasure')).body as List<AuditEntry>;
  expect(items.map(({ changes }) => changes)).toEqual([{ subject: { before: null, after: asked.subject } }]);
  const { rows: asking } = await bff.database.query('select request_id from erasures');
  expect(asking).toEqual([{ request_id: items[0]?.request_id }]);
  const { rows } = await bff.database.query<{ all: string }>(
    `select (select json_agg(a)::text from audit_logs a) || (select json_agg(e)::text from erasures e) as all`,
  );
  expect(rows[0]?.all).not.toContain('jane');
  expect(rows[0]?.all).not.toContain(Buffer.from('jane').toString('hex'));
});

it('is refused for a user who is being erased, and not for another', async () => {
  const again = await admin.ask('POST', '/erasures', { user_id: 'jane.doe' });
  expect([again.status, again.code]).toEqual([409, 'erasure-under-way']);
  const other = (await admin.ask('POST', '/erasures', { user_id: 'joe' })).body as Erasure;
  const first = (await admin.ask('GET', '/erasures?limit=1')).body as List<Erasure>;
  expect(first.items).toEqual([other]);
  const rest = (await admin.ask('GET', `/erasures?limit=1&cursor=${first.next_cursor}`)).body as List<Erasure>;
  expect(rest.items).toHaveLength(1);
  expect(rest.items[0]?.subject).not.toBe(other.subject);
});

it.each([{}, { user_id: '' }, { user_id: 7 }, { user_id: 'x'.repeat(257) }, { user_id: 'a', more: 1 }])(
  '%j is a bad request',
  async (body) => {
    const answer = await admin.ask('POST', '/erasures', body);
    expect([answer.status, answer.code]).toEqual([400, 'invalid-body']);
  },
);

it('an id that nobody was given is unknown', async () => {
  expect((await admin.ask('GET', '/erasures/999999')).code).toBe('unknown-erasure');
  expect((await admin.ask('GET', '/erasures/x')).code).toBe('invalid-path');
});
