import type { Metrics } from '@fleetbeat/contracts/api.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addAgent, addCut, addSource, eventRow, writeRows } from '../testing/fill.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

const HOUR = 3_600_000;
/** The start of an hour some hours ago. */
const T = Math.floor(Date.now() / HOUR) * HOUR - 5 * HOUR;

let bff: TestBff;
let source: number;

/** A stored cut whose events reached the log from `appended` on, `late` of them late. Each window: [start, messages]. */
async function cut(seq: number, appended: number, late: number, windows: readonly (readonly [number, number])[]): Promise<void> {
  const { database, timeSeries } = bff;
  const aggregated = windows.reduce((sum, [, messages]) => sum + messages, 0);
  await addCut(database, source, { seq, firstOffset: seq, endOffset: seq + 1, aggregated, lastAppendMs: appended + 5_000 });
  const hours = Object.fromEntries(windows.map(([window]) => [Math.floor(window / HOUR) * HOUR, 1]));
  await database.query('update cuts set late = $3, first_append_ms = $4, hours = $5 where source = $1 and seq = $2', [
    source,
    seq,
    late,
    appended,
    JSON.stringify(hours),
  ]);
  const rows = windows.flatMap(([window, messages]) =>
    (['10s', '1m'] as const).flatMap((tier) => [
      eventRow({ set: 'fleet', key: 'all', tier, window: tier === '10s' ? window : minute(window), source, seq }, { messages }),
      eventRow({ set: 'agent', key: 'a', tier, window: tier === '10s' ? window : minute(window), source, seq }, { messages }),
    ]),
  );
  await writeRows(database, timeSeries, rows);
}

const minute = (ms: number) => Math.floor(ms / 60_000) * 60_000;

beforeAll(async () => {
  bff = await startTestBff();
  source = await addSource(bff.database, 'agent-events', 0, Date.now());
  await addAgent(bff.database, { agent_id: 'a', source, last_seen: Date.now() });
  // In time; in time for its minute but not for its 10 s; hours late, together with what is in time.
  await cut(0, T + 12_000, 0, [[T + 10_000, 5]]);
  await cut(1, T + 45_000, 2, [[T + 20_000, 2]]);
  await cut(2, T + 3 * HOUR + 1_000, 7, [
    [T + 20_000, 3],
    [T + HOUR, 4],
    [T + 3 * HOUR, 9],
  ]);
});
afterAll(() => bff.stop());

async function late(path: string, step: string, from = T, to = T + 4 * HOUR): Promise<unknown> {
  const response = await bff.get(`${path}?late=true&step=${step}&from=${from}&to=${to}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as Metrics).late_windows?.map(({ t, events }) => [t - T, events]);
}

it.each(['/fleet/metrics', '/agents/a/metrics'])('%s tells which windows grew after they were over', async (path) => {
  expect(await late(path, '1m')).toEqual([
    [0, 3],
    [HOUR, 4],
  ]);
  expect(await late(path, '10s')).toEqual([
    [20_000, 5],
    [HOUR, 4],
  ]);
  expect(await late(path, '1h')).toEqual([
    [0, 3],
    [HOUR, 4],
  ]);
  expect(await late(path, '1m', T + 60_000, T + HOUR)).toEqual([]);
});

it('is told only where it is asked for, and as long as fine windows are kept', async () => {
  const unasked = (await (await bff.get(`/fleet/metrics?step=1m&from=${T}`)).json()) as Metrics;
  expect(unasked).not.toHaveProperty('late_windows');
  expect(await late('/fleet/metrics', '1h', T - 40 * 24 * HOUR)).toBeUndefined();
});

it('reads nothing where nothing was late', async () => {
  await bff.database.query('update cuts set late = 0');
  expect(await late('/fleet/metrics', '1m')).toEqual([]);
});
