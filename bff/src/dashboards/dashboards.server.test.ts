import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { Dashboard, DashboardSummary, SeriesAnswer } from '@fleetbeat/contracts/dashboards.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';
import { addAgent, addCut, addSource, eventRow, gaugeRows, writeRows } from '../testing/fill.ts';

const MINUTE = 60_000;
const NOW = Date.now();
const T = Math.floor(NOW / MINUTE) * MINUTE - 10 * MINUTE;
const PANEL = { kind: 'series', id: 'errors', title: 'Errors', x: 0, y: 0, w: 6, h: 4, set: 'fleet', measures: ['error_rate'] };

let bff: TestBff;
let operatorKey: string;
beforeAll(async () => {
  bff = await startTestBff();
  operatorKey = await bff.makeKey(['read', 'operate']);
});
afterAll(() => bff.stop());

async function ask<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}, key = operatorKey) {
  const response = await fetch(`${bff.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T, etag: response.headers.get('etag') };
}

describe('dashboards', () => {
  it('are added, replaced by who has seen them, listed and deleted, and all of it is audited', async () => {
    const added = await ask<Dashboard>('POST', '/dashboards', { name: 'Wall', panels: [PANEL] });
    expect(added).toMatchObject({ status: 201, etag: '"1"', body: { name: 'Wall', revision: 1, variables: [] } });
    expect(added.body.panels).toEqual([{ ...PANEL, keys: [], display: 'line' }]);
    const path = `/dashboards/${added.body.id}`;

    const next = {
      name: 'Wall',
      variables: [{ name: 'agent', set: 'agent', value: 'a' }],
      panels: [{ ...PANEL, set: 'agent', keys: ['$agent'] }],
    };
    expect((await ask('PUT', path, next)).status).toBe(428);
    expect((await ask('PUT', path, next, { 'if-match': '"9"' })).status).toBe(412);
    expect(await ask('PUT', path, next, { 'if-match': '"1"' })).toMatchObject({ status: 200, etag: '"2"' });
    expect((await ask<Dashboard>('GET', path)).body).toMatchObject({ revision: 2, panels: [{ keys: ['$agent'] }] });

    const listed = await ask<List<DashboardSummary>>('GET', '/dashboards?q=wAl');
    expect(listed.body.items).toMatchObject([{ id: added.body.id, name: 'Wall', panels: 1 }]);
    expect((await ask('DELETE', path)).status).toBe(204);
    expect((await ask('GET', path)).status).toBe(404);
    const { rows } = await bff.database.query<{ action: string }>(
      `select action from audit_logs where entity_type = 'dashboard' and entity_id = $1 order by id`,
      [added.body.id],
    );
    expect(rows.map(({ action }) => action)).toEqual(['created', 'updated', 'deleted']);
  });

  it('are paged by name', async () => {
    for (const name of ['b', 'A', 'c']) await ask('POST', '/dashboards', { name });
    const first = await ask<List<DashboardSummary>>('GET', '/dashboards?limit=2');
    const rest = await ask<List<DashboardSummary>>('GET', `/dashboards?limit=2&cursor=${first.body.next_cursor}`);
    expect([...first.body.items, ...rest.body.items].map(({ name }) => name)).toEqual(['A', 'b', 'c']);
    expect(rest.body.next_cursor).toBeNull();
  });

  it.each([
    ['a name that says nothing', { name: ' ' }, /name: must not be empty/],
    ['two panels of one id', { name: 'x', panels: [PANEL, PANEL] }, /two panels have the same id/],
    ['a panel beside the grid', { name: 'x', panels: [{ ...PANEL, x: 9 }] }, /reaches over the 12 columns/],
    [
      'a measure that the set does not have',
      { name: 'x', panels: [{ ...PANEL, measures: ['cpu_usage'] }] },
      /fleet has no cpu_usage/,
    ],
    [
      'a variable that nobody has named',
      { name: 'x', panels: [{ ...PANEL, set: 'agent', keys: ['$who'] }] },
      /there is no variable who/,
    ],
    ['agents that are not named', { name: 'x', panels: [{ ...PANEL, set: 'agent' }] }, /name at least one agent/],
  ])('refuse %s', async (_, body, reason) => {
    const refused = await ask<{ detail: string }>('POST', '/dashboards', body);
    expect(refused.status).toBe(400);
    expect(refused.body.detail).toMatch(reason);
  });

  it('are not changed by who may only read', async () => {
    const reader = await bff.makeKey(['read']);
    expect((await ask('POST', '/dashboards', { name: 'x' }, {}, reader)).status).toBe(403);
  });
});

describe('series', () => {
  beforeAll(async () => {
    const { database, timeSeries } = bff;
    const source = await addSource(database, 'agent-events', 0, NOW);
    await addCut(database, source, { seq: 0, firstOffset: 0, endOffset: 1, aggregated: 1 });
    await addAgent(database, { agent_id: 'a', source, last_seen: NOW });
    await writeRows(database, timeSeries, [
      eventRow(
        { set: 'agent', key: 'a', tier: '1m', window: T, source, seq: 0 },
        { messages: 8, errors: 2, responses: 4 },
        [100],
      ),
      eventRow({ set: 'agent', key: 'a', tier: '1m', window: T + MINUTE, source, seq: 0 }, { messages: 2 }),
      ...Array.from({ length: 10 }, (_, index) =>
        eventRow({ set: 'model', key: `m${index}`, tier: '1m', window: T, source, seq: 0 }, { messages: index + 1 }),
      ),
      ...gaugeRows('h', source, 0, T, 40),
    ]);
  });
  const range = `from=${T}&to=${T + 2 * MINUTE}&step=1m`;

  it('answer measures of an agent by window and in all', async () => {
    const { body } = await ask<SeriesAnswer>('GET', `/series?set=agent&key=a&measure=total_messages&measure=error_rate&${range}`);
    expect(body.series).toEqual([
      {
        key: 'a',
        measure: 'total_messages',
        total: 10,
        points: [
          { t: T, value: 8 },
          { t: T + MINUTE, value: 2 },
        ],
      },
      {
        key: 'a',
        measure: 'error_rate',
        total: 0.2,
        points: [
          { t: T, value: 0.25 },
          { t: T + MINUTE, value: 0 },
        ],
      },
    ]);
  });

  it('answer gauges of a host', async () => {
    const { body } = await ask<SeriesAnswer>('GET', `/series?set=host&key=h&measure=cpu_usage&${range}`);
    expect(body.series).toMatchObject([{ key: 'h', measure: 'cpu_usage', total: 40, points: [{ t: T, value: 40 }] }]);
  });

  it('answer the models with the most, where none is named', async () => {
    const { body } = await ask<SeriesAnswer>('GET', `/series?set=model&measure=total_messages&${range}`);
    expect(body.series.map(({ key, total }) => [key, total])).toEqual(
      [9, 8, 7, 6, 5, 4, 3, 2].map((index) => [`m${index}`, index + 1]),
    );
  });

  it.each([
    'set=agent&measure=total_messages',
    'set=fleet&measure=cpu_usage',
    'set=fleet&key=x&measure=total_errors',
    'set=fleet',
  ])('refuse %s', async (question) => {
    const refused = await ask<{ type: string }>('GET', `/series?${question}`);
    expect(refused).toMatchObject({ status: 400, body: { type: expect.stringContaining('invalid-query') as string } });
  });
});
