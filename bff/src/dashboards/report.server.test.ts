import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Dashboard, SeriesAnswer } from '@fleetbeat/contracts/dashboards.ts';
import { formatNumber } from '@fleetbeat/contracts/format-number.ts';
import { readPdf } from '@fleetbeat/infra/testing/read-pdf.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';
import { addAgent, addCut, addSource, eventRow, writeRows } from '../testing/fill.ts';

const MINUTE = 60_000;
const NOW = Date.now();
const T = Math.floor(NOW / MINUTE) * MINUTE - 10 * MINUTE;
const RANGE = `from=${T}&to=${T + 5 * MINUTE}&step=1m`;

let bff: TestBff;
let dashboard: Dashboard;
beforeAll(async () => {
  bff = await startTestBff();
  const { database, timeSeries } = bff;
  const source = await addSource(database, 'agent-events', 0, NOW);
  await addCut(database, source, { seq: 0, firstOffset: 0, endOffset: 1, aggregated: 1 });
  await addAgent(database, { agent_id: 'agent-1', source, labels: { environment: 'production' }, last_seen: NOW });
  await addAgent(database, { agent_id: 'agent-2', source, labels: { environment: 'staging' }, last_seen: NOW });
  await writeRows(
    database,
    timeSeries,
    ['agent-1', 'agent-2'].flatMap((key, place) =>
      [0, 1, 2].map((minute) =>
        eventRow(
          { set: 'agent', key, tier: '1m', window: T + minute * MINUTE, source, seq: 0 },
          { messages: 4_321 * (place + 1) },
        ),
      ),
    ),
  );
  const common = { kind: 'series', x: 0, w: 12, h: 4, set: 'agent', keys: ['$who'], measures: ['total_messages'] };
  const response = await fetch(`${bff.url}/api/v1/dashboards`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bff.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'Ночь / night',
      variables: [{ name: 'who', set: 'agent', value: 'agent-1' }],
      panels: [
        { ...common, id: 'chart', title: 'Traffic', y: 0 },
        { ...common, id: 'table', title: 'Who', y: 4, display: 'table' },
        { kind: 'status', id: 'status', title: 'There', x: 0, y: 8, w: 12, h: 4, set: 'agent', keys: ['agent-1', 'agent-2'] },
      ],
    }),
  });
  dashboard = (await response.json()) as Dashboard;
});
afterAll(() => bff.stop());

const report = (query: string) => bff.get(`/dashboards/${dashboard.id}/report.pdf?${query}`);

it('holds the figures that the panels are answered', async () => {
  const response = await report(`${RANGE}&time_zone=Europe/Berlin`);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/pdf']);
  expect(response.headers.get('content-disposition')).toMatch(/^inline; filename="night-[\d-]+\.pdf"; filename\*=UTF-8''%D0%9D/);
  const { title, pages, paths, images } = await readPdf(new Uint8Array(await response.arrayBuffer()));
  const answer = (await (await bff.get(`/series?set=agent&key=agent-1&measure=total_messages&${RANGE}`)).json()) as SeriesAnswer;
  const text = pages.join(' ').replaceAll(/\s+/g, ' ');
  expect(title).toBe('Ночь / night');
  expect(answer.series[0]?.total).toBe(12_963);
  expect(text).toContain(`Traffic per minute agent-1 ${formatNumber(answer.series[0]?.total)}`);
  expect(text).toContain('Europe/Berlin');
  expect([paths > 5, images]).toEqual([true, 0]);
});

it('is of what variables were chosen to stand for', async () => {
  const { pages } = await readPdf(new Uint8Array(await (await report(`${RANGE}&variable=who%3Dagent-2`)).arrayBuffer()));
  expect(pages.join(' ')).toContain(formatNumber(25_926));
  expect(pages.join(' ')).not.toContain(formatNumber(12_963));
});

it('is of a scope', async () => {
  const read = async (query: string) =>
    (await readPdf(new Uint8Array(await (await report(`${RANGE}${query}`)).arrayBuffer()))).pages
      .join(' ')
      .replaceAll(/\s+/g, ' ');
  const whole = await read('');
  const production = await read('&label=environment:production');
  const staging = await read('&label=environment:staging');
  expect(whole).toContain('agent-2');
  expect(production).toContain('environment = production');
  expect(production).toContain(formatNumber(12_963));
  expect(production).not.toContain('agent-2');
  // The variable stands for an agent that is not in scope: nothing of it is told.
  expect(staging).not.toContain(formatNumber(12_963));
  expect(staging).toContain('There Active Offline agent-2');
});

it.each([
  ['label=no', 400],
  ['label=a:b&label=a:c', 400],
  ['time_zone=Mars/Olympus', 400],
  ['variable=who', 400],
  ['from=2&to=1', 400],
])('refuses %s', async (query, status) => {
  const response = await report(query);
  expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/problem+json; charset=utf-8']);
});

it('is not there of a dashboard that is not', async () => {
  expect((await bff.get('/dashboards/nothing/report.pdf')).status).toBe(404);
});
