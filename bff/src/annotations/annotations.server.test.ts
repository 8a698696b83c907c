import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Annotation, ChartMark } from '@fleetbeat/contracts/annotations.ts';
import type { List, Problem } from '@fleetbeat/contracts/api.ts';
import type { AuditEntry } from '@fleetbeat/contracts/audit.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

const HOUR = 3_600_000;
const NOW = Date.now();

let bff: TestBff;
let operatorKey: string;
beforeAll(async () => {
  bff = await startTestBff();
  operatorKey = await bff.makeKey(['read', 'operate']);
});
afterAll(() => bff.stop());

async function ask<T>(method: string, path: string, body?: unknown) {
  const response = await fetch(`${bff.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T };
}
const textsOf = async (path: string) =>
  (await ask<{ items: { text: string }[] }>('GET', path)).body.items.map(({ text }) => text);

it('a deploy is marked, listed, narrowed down by labels that contradict it, and deleted; all of it is audited', async () => {
  const said = { at: NOW - HOUR, text: 'Deploy <b>4.2</b>', labels: { project: 'checkout' }, tags: ['deploy', 'deploy'] };
  const added = await ask<Annotation>('POST', '/annotations', said);
  expect(added).toMatchObject({ status: 201, body: { ...said, until: NOW - HOUR, tags: ['deploy'] } });
  const trial = { at: new Date(NOW - 3 * HOUR).toISOString(), until: NOW - 2 * HOUR, text: 'Load trial' };
  expect((await ask('POST', '/annotations', trial)).status).toBe(201);
  expect((await ask<Annotation>('POST', '/annotations', { text: 'Now' })).body.at).toBeGreaterThanOrEqual(NOW);

  expect(await textsOf('/annotations')).toEqual(['Now', said.text, 'Load trial']);
  expect(await textsOf(`/annotations?from=${NOW - 2.5 * HOUR}&to=${NOW - 0.5 * HOUR}`)).toEqual([said.text, 'Load trial']);
  expect(await textsOf(`/annotations?from=${NOW - 2.5 * HOUR}&to=${NOW - 1.5 * HOUR}`)).toEqual(['Load trial']);
  expect(await textsOf('/annotations?tag=deploy')).toEqual([said.text]);
  expect(await textsOf('/annotations?label=project:checkout&label=environment:production')).toHaveLength(3);
  expect(await textsOf('/annotations?label=project:search')).toEqual(['Now', 'Load trial']);
  const { body: first } = await ask<List<Annotation>>('GET', '/annotations?limit=2');
  expect(await textsOf(`/annotations?limit=2&cursor=${first.next_cursor}`)).toEqual(['Load trial']);

  expect((await ask('DELETE', `/annotations/${added.body.id}`)).status).toBe(204);
  expect((await ask<Problem>('DELETE', `/annotations/${added.body.id}`)).body).toMatchObject({ status: 404 });
  const answer = await bff.get(`/audit?entity_type=annotation&entity_id=${added.body.id}`);
  const audit = (await answer.json()) as List<AuditEntry>;
  expect(audit.items.map(({ action }) => action)).toEqual(['deleted', 'created']);
});

it('charts mark incidents too: those of the range, and of a scope', async () => {
  await bff.database.query(
    `insert into incidents (group_key, route_id, group_labels, status, severity, title, opened_at, updated_at, resolved_at)
     values ('a', 'r', '{}', 'resolved', 'error', 'Over', $1, $1, $2), ('b', 'r', '{}', 'open', 'warning', 'Goes on', $3, $3, null)`,
    [NOW - 20 * HOUR, NOW - 19 * HOUR, NOW - 10 * HOUR],
  );
  const of = async (from: number, to: number, more = '') =>
    (await ask<{ items: ChartMark[] }>('GET', `/chart-marks?from=${NOW + from * HOUR}&to=${NOW + to * HOUR}${more}`)).body.items;
  expect(await of(-30, -15)).toMatchObject([{ kind: 'incident', text: 'Over', severity: 'error', until: NOW - 19 * HOUR }]);
  expect((await of(-9, 1)).map(({ text, until }) => [text, until === null])).toEqual([
    ['Now', false],
    ['Load trial', false],
    ['Goes on', true],
  ]);
  expect((await of(-30, 1, '&label=project:search')).map(({ kind }) => kind)).toEqual(['annotation', 'annotation']);
});

it.each([
  [{}, 'invalid-body'],
  [{ text: ' ' }, 'invalid-body'],
  [{ text: 'x', until: NOW }, 'invalid-body'],
  [{ text: 'x', at: NOW, until: NOW - 1 }, 'invalid-body'],
  [{ text: 'x', at: 0, until: NOW }, 'invalid-body'],
  [{ text: 'x', at: 'yesterday' }, 'invalid-body'],
  [{ text: 'x', labels: { 'a b': 'c' } }, 'invalid-body'],
])('%j is refused', async (body, code) => {
  const { status, body: problem } = await ask<Problem>('POST', '/annotations', body);
  expect([status, problem.type.split(':').at(-1)]).toEqual([400, code]);
});
