import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Kept } from '@fleetbeat/contracts/retention.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

const DAY = 86_400_000;
let bff: TestBff;
beforeAll(async () => {
  bff = await startTestBff({ RETENTION_RAW: '9d', RETENTION_RAW_BYTES: '3GB', RETENTION_DELIVERIES: '2d' });
});
afterAll(() => bff.stop());

async function kept(): Promise<Map<string, Kept>> {
  const answer = await bff.get('/retention');
  expect(answer.status).toBe(200);
  const { items } = (await answer.json()) as { items: Kept[] };
  return new Map(items.map((item) => [item.data, item]));
}

it('tells how long what is kept, by which variable', async () => {
  const items = await kept();
  expect(items.get('raw_events')).toMatchObject({
    variable: 'RETENTION_RAW',
    kept_ms: 9 * DAY,
    bytes_variable: 'RETENTION_RAW_BYTES',
    max_bytes: 3 * 2 ** 30,
    rows: null,
  });
  expect(items.get('deliveries')).toMatchObject({ variable: 'RETENTION_DELIVERIES', kept_ms: 2 * DAY, max_bytes: null });
  expect(items.get('aggregates_1h')).toMatchObject({ variable: 'RETENTION_1H', kept_ms: 730 * DAY, bytes: null });
  expect(items.get('audit_log')).toMatchObject({ variable: null, kept_ms: null });
});

it('tells how much there is and how old the oldest is', async () => {
  expect((await kept()).get('notifications')).toMatchObject({ rows: null, oldest: null });
  await bff.database.query(
    `insert into notifications (at, severity, kind, title, body) select 1000 + n, 'info', 'x', 'x', repeat('x', 100) from generate_series(1, 500) n`,
  );
  await bff.database.query('analyze notifications');
  const items = await kept();
  expect(items.get('notifications')).toMatchObject({ rows: 500, oldest: 1_001 });
  expect(items.get('notifications')?.bytes).toBeGreaterThan(50_000);
  expect(items.get('event_log')?.bytes).toBeGreaterThan(0);
});

it('is for administrators', async () => {
  const key = await bff.makeKey(['read', 'operate']);
  expect((await bff.get('/retention', { authorization: `Bearer ${key}` })).status).toBe(403);
});
