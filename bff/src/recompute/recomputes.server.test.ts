import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { AuditEntry } from '@fleetbeat/contracts/audit.ts';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { Recompute } from '@fleetbeat/contracts/recompute.ts';
import { addCut, addSource } from '../testing/fill.ts';
import { Browser } from '../testing/browser.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

const HOUR = 3_600_000;
const FROM = Date.parse('2026-03-01T00:00:00Z');

let bff: TestBff;
let admin: Browser;
beforeAll(async () => {
  bff = await startTestBff();
  admin = new Browser(bff.url, { authorization: `Bearer ${bff.key}` });
});
afterAll(() => bff.stop());
beforeEach(async () => {
  await bff.database.query('delete from recomputes');
});

async function asked(body: object = { from: FROM, to: FROM + HOUR }): Promise<Recompute> {
  const answer = await admin.ask('POST', '/recomputes', body);
  expect(answer.status).toBe(202);
  return answer.body as Recompute;
}
async function audited(id: number): Promise<AuditEntry[]> {
  return ((await admin.ask('GET', `/audit?entity_type=recompute&entity_id=${id}`)).body as List<AuditEntry>).items;
}

it('is asked for in whole hours, is looked at, and is in the audit log', async () => {
  const made = await asked({ from: '2026-03-01T00:59:00Z', to: FROM + 2 * HOUR - 1 });
  expect(made).toMatchObject({
    state: 'queued',
    origin: 'api',
    from: FROM,
    to: FROM + 2 * HOUR,
    attempts: 0,
    records_per_s: null,
  });
  const reader = new Browser(bff.url, { authorization: `Bearer ${await bff.makeKey(['read'])}` });
  expect((await reader.ask('GET', `/recomputes/${made.id}`)).body).toEqual(made);
  const [entry, ...others] = await audited(made.id);
  expect(others).toEqual([]);
  expect(entry).toMatchObject({ entity_id: String(made.id), action: 'created', actor_id: made.requested_by });
});

it('is refused while another one is under way, and leaves no trace then', async () => {
  const first = await asked();
  const second = await admin.ask('POST', '/recomputes', { from: FROM, to: FROM + HOUR });
  expect([second.status, second.code]).toEqual([409, 'recompute-under-way']);
  expect(second.problem?.detail).toContain(`recompute ${first.id}`);
  expect(await audited(first.id)).toHaveLength(1);
  const { rows } = await bff.database.query('select from recomputes');
  expect(rows).toHaveLength(1);
});

it('tells its speed and what is left while it runs', async () => {
  const { id } = await asked();
  await bff.database.query(
    `update recomputes set state = 'running', records = 300, records_read = 100, started_at = clock_timestamp() - interval '10 s',
       heard_at = clock_timestamp() where id = $1`,
    [id],
  );
  const running = (await admin.ask('GET', `/recomputes/${id}`)).body as Recompute;
  expect(running.records_per_s).toBeCloseTo(10, 1);
  expect(Math.round((running.remaining_ms ?? 0) / 1_000)).toBe(20);
});

it('is cancelled once, and another one may follow', async () => {
  const { id } = await asked();
  expect((await admin.ask('POST', `/recomputes/${id}/cancel`)).body).toMatchObject({ id, state: 'cancelled' });
  const again = await admin.ask('POST', `/recomputes/${id}/cancel`);
  expect([again.status, again.code]).toEqual([409, 'recompute-over']);
  expect((await audited(id)).map(({ action }) => action)).toEqual(['updated', 'created']);
  const next = await asked();
  const first = (await admin.ask('GET', '/recomputes?limit=1')).body as List<Recompute>;
  expect(first.items.map((each) => each.id)).toEqual([next.id]);
  const rest = (await admin.ask('GET', `/recomputes?limit=1&cursor=${first.next_cursor}`)).body as List<Recompute>;
  expect([rest.items.map((each) => each.id), rest.next_cursor]).toEqual([[id], null]);
});

it('is refused where the log has lost events of the range', async () => {
  const source = await addSource(bff.database, 'agent-events', 0, 1);
  await addCut(bff.database, source, { seq: 0, firstOffset: -1, endOffset: 0, aggregated: 1, lastAppendMs: FROM });
  await bff.database.query('update cuts set hours = $2 where source = $1', [source, { [FROM]: {} }]);
  const refused = await admin.ask('POST', '/recomputes', { from: FROM, to: FROM + HOUR });
  expect([refused.status, refused.code]).toEqual([409, 'log-too-short']);
  expect(refused.problem?.detail).toContain('before 2026-03-01T01:00:00.000Z');
  await asked({ from: FROM + HOUR, to: FROM + 2 * HOUR });
});

it.each<[object, string]>([
  [{ from: FROM }, 'to'],
  [{ from: 'yesterday', to: FROM }, 'RFC 3339'],
  [{ from: FROM, to: FROM }, 'must lie before'],
  [{ from: -1, to: FROM }, 'from'],
  [{ from: FROM, to: 1e17 }, 'to'],
  [{ from: FROM, to: FROM + 1, version: 3 }, 'version'],
])('%j is a bad request', async (body, detail) => {
  const answer = await admin.ask('POST', '/recomputes', body);
  expect([answer.status, answer.code]).toEqual([400, 'invalid-body']);
  expect(answer.problem?.detail).toContain(detail);
});

it.each(['0', 'x', '1e30', '9007199254740993'])('there is none of the id %s', async (id) => {
  expect((await admin.ask('GET', `/recomputes/${id}`)).code).toBe('invalid-path');
  expect((await admin.ask('POST', `/recomputes/${id}/cancel`)).code).toBe('invalid-path');
});

it('an id that nobody was given is unknown', async () => {
  for (const id of [999_999, 9_007_199_254_740_991]) {
    expect((await admin.ask('GET', `/recomputes/${id}`)).code).toBe('unknown-recompute');
    expect((await admin.ask('POST', `/recomputes/${id}/cancel`)).code).toBe('unknown-recompute');
  }
});
