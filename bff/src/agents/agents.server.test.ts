import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Agent, Host, List } from '@fleetbeat/contracts/api.ts';
import { addAgent, addHost, addSource } from '../testing/fill.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

const CLOCK = 10_000_000;

let bff: TestBff;
beforeAll(async () => {
  bff = await startTestBff({ AGENT_OFFLINE_SECONDS: '30', HOST_OFFLINE_SECONDS: '30' });
  const { database } = bff;
  const source = await addSource(database, 'agent-events', 0, CLOCK);
  // A source whose log has stood still: its agents have not been silent in its own time.
  const stalled = await addSource(database, 'agent-events', 1, CLOCK - 900_000);
  for (let i = 0; i < 25; i++) {
    await addAgent(database, {
      agent_id: `agent-${String(i).padStart(2, '0')}`,
      source: i === 24 ? stalled : source,
      name: i === 3 ? '100%_Sure' : null,
      host_id: i < 5 ? 'host-1' : null,
      status: i % 2 === 0 ? 'online' : 'busy',
      labels: { environment: i < 10 ? 'production' : 'test', index: String(i) },
      last_seen: i === 24 ? CLOCK - 900_000 : CLOCK - i * 2_000,
      total_messages: i === 0 ? 0 : 10,
      total_errors: i === 0 ? 0 : 1,
    });
  }
  await addHost(database, 'host-1', source, CLOCK);
  await addHost(database, 'host-2', source, CLOCK - 31_000);
});
afterAll(() => bff.stop());

async function read<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const joint = path.includes('?') ? '&' : '?';
    const page = (await (await bff.get(`${path}${cursor === null ? '' : `${joint}cursor=${cursor}`}`)).json()) as List<T>;
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return items;
}
const ids = (agents: readonly Agent[]) => agents.map(({ agent_id: id }) => Number(id.slice(-2)));

describe('agents', () => {
  it('come by id, page by page', async () => {
    expect(ids(await read('/agents?limit=7'))).toEqual(Array.from({ length: 25 }, (_, i) => i));
  });

  it('come last seen first where asked', async () => {
    expect(ids(await read('/agents?limit=7&sort=last_seen'))).toEqual(Array.from({ length: 25 }, (_, i) => i));
  });

  it('are offline after a silence in the time of their own log', async () => {
    const agents = await read<Agent>('/agents?limit=500');
    expect(agents.filter(({ status }) => status === 'offline').map(({ agent_id: id }) => Number(id.slice(-2)))).toEqual([
      16, 17, 18, 19, 20, 21, 22, 23,
    ]);
    expect(ids(await read('/agents?status=offline&limit=3'))).toEqual([16, 17, 18, 19, 20, 21, 22, 23]);
    expect(ids(await read('/agents?status=busy'))).toEqual([1, 3, 5, 7, 9, 11, 13, 15]);
    expect(ids(await read('/agents?status=online'))).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 24]);
  });

  it.each([
    ['name', 'asc', (a: Agent) => (a.name ?? a.agent_id).toLowerCase()],
    ['status', 'asc', (a: Agent) => ['offline', 'busy', 'online'].indexOf(a.status)],
    ['total_messages', 'desc', (a: Agent) => a.total_messages],
    ['error_rate', 'desc', (a: Agent) => 1 - (a.success_rate ?? 1)],
    ['total_tokens_used', 'desc', (a: Agent) => a.total_tokens_used],
  ] as const)('come by %s, %s unless asked otherwise, then by id, page by page', async (sort, usual, key) => {
    const all = await read<Agent>('/agents?limit=500');
    const inOrder = (sign: number) =>
      all.toSorted((a, b) => (key(a) < key(b) ? -sign : key(a) > key(b) ? sign : a.agent_id < b.agent_id ? -1 : 1));
    const [asc, desc] = [ids(inOrder(1)), ids(inOrder(-1))];
    expect(ids(await read(`/agents?limit=7&sort=${sort}&direction=asc`))).toEqual(asc);
    expect(ids(await read(`/agents?limit=7&sort=${sort}&direction=desc`))).toEqual(desc);
    expect(ids(await read(`/agents?limit=7&sort=${sort}`))).toEqual(usual === 'asc' ? asc : desc);
  });

  it('are found by words in host, model, capabilities and labels, all of them', async () => {
    expect(ids(await read('/agents?q=host-1%20CODE'))).toEqual([0, 1, 2, 3, 4]);
    expect(ids(await read('/agents?q=environment:production%20index:7'))).toEqual([7]);
    expect(await read('/agents?q=model-1%20nowhere')).toEqual([]);
  });

  it('are found by the host they are on, and by no part of its id', async () => {
    expect(ids(await read('/agents?host_id=host-1&limit=2'))).toEqual([0, 1, 2, 3, 4]);
    expect(ids(await read('/agents?host_id=host-1&q=sure'))).toEqual([3]);
    expect(await read('/agents?host_id=host')).toEqual([]);
    expect((await bff.get('/agents?host_id=')).status).toBe(400);
  });

  it('are found by a part of id or name, taken literally', async () => {
    expect(ids(await read('/agents?q=AGENT-0'))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(ids(await read('/agents?q=100%25_s'))).toEqual([3]);
    expect(await read('/agents?q=1_0')).toEqual([]);
  });

  it('are found by labels that are all there', async () => {
    expect(ids(await read('/agents?label=environment:production'))).toHaveLength(10);
    expect(ids(await read('/agents?label=environment=production&label=index:7'))).toEqual([7]);
    expect(await read('/agents?label=environment:prod')).toEqual([]);
  });

  it('tell how often they succeed, once they have said anything', async () => {
    const [first, second] = await read<Agent>('/agents?limit=2');
    expect([first?.success_rate, second?.success_rate]).toEqual([null, 0.9]);
    expect(second).toMatchObject({
      total_tokens_used: 1234,
      capabilities: ['search', 'code'],
      labels: { index: '1' },
      model: 'model-1',
    });
  });
});

describe('hosts', () => {
  it('tell their status, their agents and their newest sample', async () => {
    const hosts = await read<Host>('/hosts?limit=1');
    expect(hosts).toMatchObject([
      { host_id: 'host-1', status: 'online', agents: 5, cpu_usage: 50, cores: 8, sample: { uptime: 3_600 } },
      { host_id: 'host-2', status: 'offline', agents: 0 },
    ]);
    expect(await read<Host>('/hosts?status=offline')).toMatchObject([{ host_id: 'host-2' }]);
    expect(await read<Host>('/hosts?q=HOST-1.ex')).toMatchObject([{ host_id: 'host-1' }]);
  });
});
