import { agentLedgerSchema, type AgentLedger, type Pipeline } from '@fleetbeat/contracts/api.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addAgent, addBlock, addCut, addSource, eventRow, writeRows } from '../testing/fill.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

const NOW = Date.now();

let bff: TestBff;
let source: number;
beforeAll(async () => {
  bff = await startTestBff();
  source = await addSource(bff.database, 'agent-events', 0, NOW);
});
afterAll(() => bff.stop());

const pipeline = async () => (await (await bff.get('/pipeline')).json()) as Pipeline;
const gauge = async () => {
  const text = await (await fetch(`${bff.url}/metrics`)).text();
  return /^fleetbeat_ledger_differences\{[^}]*\} (\d+)$/m.exec(text)?.[1];
};

async function reconciled(ofSource: number, seq: number, ms: number | null): Promise<void> {
  await bff.database.query(
    `insert into ledger_sources (source, reconciled_seq, reconciled_ms) values ($1, $2, $3)
     on conflict (source) do update set reconciled_seq = $2, reconciled_ms = $3`,
    [ofSource, seq, ms],
  );
}

it('tells through when everything was compared, by the source that is furthest behind', async () => {
  expect((await pipeline()).reconciled_through).toBeNull();
  await addCut(bff.database, source, { seq: 0, firstOffset: 0, endOffset: 5, aggregated: 3, lastAppendMs: NOW - 90_000 });
  expect((await pipeline()).reconciled_through).toBeNull();
  await reconciled(source, 0, NOW - 90_000);
  expect((await pipeline()).reconciled_through).toBe(NOW - 90_000);

  const other = await addSource(bff.database, 'host-events', 0, NOW);
  await addCut(bff.database, other, { seq: 0, firstOffset: 0, endOffset: 5, aggregated: 3 });
  expect((await pipeline()).reconciled_through).toBeNull();
  await reconciled(other, 0, NOW);
  expect((await pipeline()).reconciled_through).toBe(NOW - 90_000);

  // One that is not used any more and has nothing left to compare holds nobody back; one that lags does.
  await reconciled(source, 0, NOW - 86_400_000);
  expect((await pipeline()).reconciled_through).toBe(NOW);
  await addCut(bff.database, source, { seq: 1, firstOffset: 5, endOffset: 6, aggregated: 1 });
  expect((await pipeline()).reconciled_through).toBe(NOW - 86_400_000);
});

it('tells the differences that are open, the first twenty by name', async () => {
  expect((await pipeline()).differences).toEqual({ open: 0, items: [] });
  expect(await gauge()).toBe('0');
  await bff.database.query(
    `insert into ledger_findings (source, kind, seq, expected, found) select $1, 'raw_of_cut', n, 5, 4 from generate_series(1, 30) n`,
    [source],
  );
  await bff.database.query(`update ledger_findings set resolved_at = now(), resolution = 'equal' where seq <= 5`);
  const { differences } = await pipeline();
  expect([differences.open, differences.items.length]).toEqual([25, 20]);
  const { id: _, ...first } = differences.items[0] ?? { id: 0 };
  expect(first).toEqual({
    kind: 'raw_of_cut',
    source,
    topic: 'agent-events',
    partition: 0,
    hour: null,
    seq: 6,
    agent_id: null,
    expected: 5,
    found: 4,
    first_seen: expect.any(Number),
  });
  expect(await gauge()).toBe('25');
});

it("counts an agent's events wherever they are kept, as far as stored", async () => {
  const { database, timeSeries } = bff;
  expect((await bff.get('/agents/nobody/ledger')).status).toBe(404);
  await addAgent(database, { agent_id: 'agent-1', source, last_seen: NOW, total_messages: 4 });
  const events = [NOW, NOW - 1_000].map((ts) => ({ ts, message_type: 'tool_call' }));
  await addBlock(database, { source, seq: 0, agentId: 'agent-1' }, [
    ...events,
    { ts: NOW - 7_200_000, message_type: 'heartbeat' },
  ]);
  await addBlock(database, { source, seq: 1, agentId: 'agent-1' }, events);
  await addBlock(database, { source, seq: 2, agentId: 'agent-1' }, events);
  const row = (seq: number, at: number, messages: number, heartbeats: number) =>
    eventRow(
      { set: 'agent', key: 'agent-1', tier: '1m', window: Math.floor(at / 60_000) * 60_000, source, seq },
      { messages, heartbeats },
    );
  await writeRows(database, timeSeries, [row(0, NOW, 2, 0), row(0, NOW - 7_200_000, 0, 1), row(1, NOW, 2, 0), row(2, NOW, 2, 0)]);
  await database.query(
    `insert into ledger_findings (source, kind, seq, agent_id, expected, found) values ($1, 'raw_of_agent', 0, 'agent-1', 2, 3)`,
    [source],
  );
  const response = await bff.get('/agents/agent-1/ledger');
  expect(agentLedgerSchema.parse(await response.json())).toEqual({
    agent_id: 'agent-1',
    registered_messages: 4,
    aggregated_messages: 4,
    aggregated_heartbeats: 1,
    raw_events: 5,
    erased_events: 0,
    raw_since: NOW - 7_200_000,
    differences: 1,
  } satisfies AgentLedger);
});
