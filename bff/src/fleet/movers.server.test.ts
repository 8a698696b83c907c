import { afterAll, beforeAll, expect, it } from 'vitest';
import { WHOLE, type SetName } from '@fleetbeat/contracts/aggregates.ts';
import type { Movers } from '@fleetbeat/contracts/movers.ts';
import { addAgent, addCut, addSource, eventRow, writeRows } from '../testing/fill.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

const MINUTE = 60_000;
const NOW = Date.now();
/** Of the later stretch the first minute, of fifteen. */
const T = Math.floor(NOW / MINUTE) * MINUTE - 15 * MINUTE;

let bff: TestBff;
beforeAll(async () => {
  bff = await startTestBff();
  const { database, timeSeries } = bff;
  const source = await addSource(database, 'agent-events', 0, NOW);
  await addCut(database, source, { seq: 0, firstOffset: 0, endOffset: 1, aggregated: 1 });
  for (const [id, environment] of [
    ['busier', 'production'],
    ['failing', 'staging'],
    ['steady', 'production'],
  ] as const) {
    await addAgent(database, { agent_id: id, source, labels: { environment }, last_seen: NOW });
  }
  const row = (set: SetName, key: string, window: number, messages: number, errors: number) =>
    eventRow({ set, key, tier: '1m', window, source, seq: 0 }, { messages, errors, responses: messages - errors });
  await writeRows(database, timeSeries, [
    ...[T - 15 * MINUTE, T - MINUTE].flatMap((t) => [
      row('agent', 'busier', t, 100, 1),
      row('agent', 'failing', t, 100, 1),
      row('agent', 'steady', t, 100, 1),
      row('fleet', WHOLE, t, 300, 3),
    ]),
    ...[T, T + 14 * MINUTE].flatMap((t) => [
      row('agent', 'busier', t, 300, 3),
      row('agent', 'failing', t, 100, 40),
      row('agent', 'steady', t, 100, 1),
      row('fleet', WHOLE, t, 500, 44),
    ]),
  ]);
});
afterAll(() => bff.stop());

const ask = async (query: string) => (await (await bff.get(`/movers?from=${T}&to=${T + 15 * MINUTE}${query}`)).json()) as Movers;
const said = ({ items }: Movers) => items.map(({ key, measure, now, before }) => [key, measure, before, now]);

it('what changed most comes first, in whole windows beside as many before', async () => {
  const movers = await ask('');
  expect(movers).toMatchObject({ from: T, to: T + 15 * MINUTE, comparable: true, left_out: [] });
  expect(said(movers)).toEqual([
    ['failing', 'error_rate', 0.01, 0.4],
    ['all', 'total_errors', 6, 88],
    ['busier', 'total_messages', 200, 600],
    ['all', 'total_responses', 594, 912],
  ]);
});

it('of a scope alone', async () => {
  expect(said(await ask('&label=environment:production'))).toEqual([
    ['busier', 'total_messages', 200, 600],
    // The model that these agents named.
    ['model-1', 'total_messages', 400, 800],
    ['all', 'total_responses', 396, 792],
  ]);
  expect(await ask('&label=environment:nowhere')).toMatchObject({ comparable: false, items: [] });
});

it('nothing, where there is nothing to compare with', async () => {
  const [from, to] = [T - 15 * MINUTE, T];
  const response = await bff.get(`/movers?from=${from}&to=${to}`);
  expect(await response.json()).toMatchObject({ comparable: false, items: [], left_out: [] });
});
