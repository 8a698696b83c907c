import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { windowStart } from '@fleetbeat/contracts/aggregates.ts';
import type { LatencyHeatmap } from '@fleetbeat/contracts/latency-heatmap.ts';
import { addAgent, addCut, addSource, eventRow, writeRows } from '../testing/fill.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

const MINUTE = 60_000;
const NOW = Date.now();
const T = windowStart(NOW, MINUTE) - 10 * MINUTE;

describe('how response times spread', () => {
  let bff: TestBff;
  const agent = `agent-heat-${process.pid}`;

  beforeAll(async () => {
    bff = await startTestBff();
    const { database, timeSeries } = bff;
    const source = await addSource(database, 'agent-events', 0, NOW);
    for (const seq of [0, 1]) {
      await addCut(database, source, { seq, firstOffset: seq, endOffset: seq + 1, aggregated: 1 });
    }
    await addAgent(database, { agent_id: agent, source, last_seen: NOW });
    await writeRows(
      database,
      timeSeries,
      (['10s', '1m'] as const).flatMap((tier) => [
        eventRow({ set: 'agent', key: agent, tier, window: T, source, seq: 0 }, { messages: 3, responses: 3 }, [12, 12, 110]),
        // Another cut of the same window, and one in which nobody answered.
        eventRow({ set: 'agent', key: agent, tier, window: T, source, seq: 1 }, { messages: 1, responses: 1 }, [110]),
        eventRow({ set: 'agent', key: agent, tier, window: T + MINUTE, source, seq: 1 }, { messages: 1 }),
      ]),
    );
  });
  afterAll(() => bff.stop());

  it('adds up over cuts, by window and bucket', async () => {
    const response = await bff.get(`/latency-heatmap?set=agent&key=${agent}&from=${T}&to=${T + 2 * MINUTE}&step=1m`);
    expect(response.status).toBe(200);
    const heatmap = (await response.json()) as LatencyHeatmap;
    expect(heatmap).toMatchObject({ from: T, to: T + 2 * MINUTE, step_ms: MINUTE });
    expect(heatmap.bounds).toHaveLength(9);
    expect(heatmap.windows).toEqual([{ t: T, counts: [2, 0, 0, 0, 0, 0, 0, 0, 2] }]);
  });

  it.each([
    ['the fleet with a key', 'set=fleet&key=a', 'invalid-query'],
    ['an agent without a name', 'set=agent', 'invalid-query'],
    ['hosts, which answer nobody', 'set=host&key=h', 'invalid-query'],
    ['too many windows', `from=${T}&to=${T + 10 * 3_600_000}&step=10s`, 'too-many-windows'],
  ])('refuses %s', async (_, question, code) => {
    const response = await bff.get(`/latency-heatmap?${question}`);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { type: string }).type).toContain(code);
  });
});
