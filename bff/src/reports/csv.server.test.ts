import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SeriesAnswer } from '@fleetbeat/contracts/dashboards.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';
import { addAgent, addCut, addSource, eventRow, writeRows } from '../testing/fill.ts';

const MINUTE = 60_000;
const NOW = Date.now();
const T = Math.floor(NOW / MINUTE) * MINUTE - 10 * MINUTE;
const MANY = 1_203;

let bff: TestBff;
beforeAll(async () => {
  bff = await startTestBff();
  const { database, timeSeries } = bff;
  const source = await addSource(database, 'agent-events', 0, NOW);
  await addCut(database, source, { seq: 0, firstOffset: 0, endOffset: 1, aggregated: 1 });
  await addAgent(database, {
    agent_id: 'a-first',
    source,
    last_seen: NOW,
    name: '=HYPERLINK("http://evil")',
    labels: { env: 'a,b' },
  });
  await database.query(
    `insert into agents (agent_id, source, status, capabilities, labels, first_seen, last_seen, total_messages, total_responses, total_errors, total_tokens)
     select 'b' || lpad(n::text, 5, '0'), $1, 'online', '{}', '{}', $2, $2, 0, 0, 0, 0 from generate_series(1, $3) n`,
    [source, NOW, MANY - 1],
  );
  await writeRows(database, timeSeries, [
    eventRow({ set: 'model', key: 'm', tier: '1m', window: T, source, seq: 0 }, { messages: 8, errors: 2 }),
    eventRow({ set: 'model', key: 'm', tier: '1m', window: T + MINUTE, source, seq: 0 }, { messages: 4 }),
    eventRow({ set: 'model', key: 'n', tier: '1m', window: T, source, seq: 0 }, { messages: 20 }),
  ]);
});
afterAll(() => bff.stop());

async function csv(path: string): Promise<{ status: number; lines: string[]; headers: Headers }> {
  const response = await bff.get(path);
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(await response.arrayBuffer());
  expect(response.status !== 200 || text.startsWith('\ufeff')).toBe(true);
  return { status: response.status, lines: text.replace('\ufeff', '').split('\r\n').slice(0, -1), headers: response.headers };
}

it('holds every row of a list, page after page, and nothing that a spreadsheet runs', async () => {
  const { lines, headers } = await csv('/agents.csv');
  expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(headers.get('content-disposition')).toMatch(/^attachment; filename="agents-\d{4}-\d\d-\d\d\.csv"$/);
  expect(lines).toHaveLength(MANY + 1);
  expect(lines[0]).toMatch(/^agent_id,name,/);
  const first = lines.find((line) => line.startsWith('a-first,')) ?? '';
  expect(first).toContain(`a-first,"'=HYPERLINK(""http://evil"")",`);
  expect(first).toContain('"{""env"":""a,b""}"');
  expect(first).toContain(new Date(NOW).toISOString());
  expect(new Set(lines).size).toBe(MANY + 1);
});

it('is filtered as the list is', async () => {
  expect((await csv('/agents.csv?q=a-first')).lines).toHaveLength(2);
  expect((await csv('/tasks.csv')).lines).toEqual([expect.stringMatching(/^task_id,/)]);
});

it('has what a chart asks, window by window and in all', async () => {
  const question = `set=model&key=m&measure=total_messages&measure=error_rate&from=${T}&to=${T + 2 * MINUTE}&step=1m`;
  const { lines } = await csv(`/series.csv?${question}`);
  const answer = (await (await bff.get(`/series?${question}`)).json()) as SeriesAnswer;
  const iso = (t: number) => new Date(t).toISOString();
  expect(lines).toEqual([
    'from,to,m total_messages,m error_rate',
    `${iso(T)},${iso(T + MINUTE)},8,0.25`,
    `${iso(T + MINUTE)},${iso(T + 2 * MINUTE)},4,0`,
    `${iso(T)},${iso(T + 2 * MINUTE)},${answer.series[0]?.total},${answer.series[1]?.total}`,
  ]);
  expect((await csv(`/models.csv?from=${T}&to=${T + 2 * MINUTE}&step=1m`)).lines[1]).toMatch(/^n,20,/);
});

it('has totals of keys, and models, in the order of a column', async () => {
  const range = `from=${T}&to=${T + 2 * MINUTE}&step=1m`;
  const question = `set=model&key=m&key=n&measure=total_messages&measure=error_rate&${range}&per=key`;
  const [names, ...rows] = (await csv(`/series.csv?${question}&sort=-total_messages`)).lines;
  expect([names, rows]).toEqual([
    'key,total_messages,error_rate',
    [expect.stringMatching(/^n,20,/), expect.stringMatching(/^m,12,/)],
  ]);
  const models = async (sort: string) =>
    (await csv(`/models.csv?${range}&sort=${sort}`)).lines.slice(1).map((line) => line.slice(0, 1));
  expect([await models('-total_messages'), await models('-error_rate')]).toEqual([
    ['n', 'm'],
    ['m', 'n'],
  ]);
  expect((await csv(`/models.csv?${range}&sort=cheek`)).status).toBe(400);
});

it('lists agents in the order of the page', async () => {
  const { lines } = await csv('/agents.csv?sort=name&direction=desc');
  expect(lines.slice(1, 3).map((line) => line.slice(0, 6))).toEqual(['b01202', 'b01201']);
  expect(lines.at(-1)).toMatch(/^a-first,/);
});

it.each(['/agents.csv?status=dead', '/series.csv?set=fleet&measure=cpu_usage', '/series.csv'])(
  'refuses %s with a problem',
  async (path) => {
    const { status, headers } = await csv(path);
    expect([status, headers.get('content-type')]).toEqual([400, 'application/problem+json; charset=utf-8']);
  },
);
