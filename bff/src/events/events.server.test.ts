import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentSessionsSchema, type List, type StoredEvent } from '@fleetbeat/contracts/api.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { createMetrics } from '@fleetbeat/infra/metrics.ts';
import { createReadQuery } from '../http/read-query.ts';
import { addAgent, addBlock, addSource } from '../testing/fill.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';
import { createEventsReadModel, SCAN_BUDGET } from './read-model.ts';

const T = Date.parse('2026-01-01T00:00:00Z');
const AGENTS = ['agent-a', 'agent-b', 'agent-c'];

let bff: TestBff;
/** Every event put in, by its name in `content`. */
const all: { agent: string; ts: number; type: string; content: string }[] = [];

beforeAll(async () => {
  bff = await startTestBff();
  const { database } = bff;
  const source = await addSource(database, 'agent-events', 0, T);
  for (const agent of AGENTS) await addAgent(database, { agent_id: agent, source, last_seen: T });
  let count = 0;
  for (let seq = 0; seq < 40; seq++) {
    for (const agentId of AGENTS) {
      const events = Array.from({ length: 5 }, (_, index) => {
        // Some blocks reach an hour back, as from an agent that was offline.
        const ts = T + seq * 10_000 + index * 2_000 - (seq % 10 === 7 && index === 0 ? 3_600_000 : 0);
        const type = ['tool_call', 'agent_response', 'error', 'tool_call', 'heartbeat'][index] ?? 'tool_call';
        const content = `event-${count++} ${index === 2 ? 'Needle' : 'hay'}`;
        all.push({ agent: agentId, ts, type, content });
        return { agent_id: agentId, ts, message_type: type, content };
      });
      await addBlock(database, { source, seq, agentId }, events);
    }
  }
  // As a client wrote it who names the time in RFC 3339, with nothing else known of it.
  await addAgent(database, { agent_id: 'by-timestamp', source, last_seen: T });
  await addBlock(database, { source, seq: 100, agentId: 'by-timestamp' }, [
    { timestamp: '2025-12-31T00:00:00Z', message_type: 'feedback', extra: { kept: [1, null] }, ts: undefined },
  ]);
  await database.query("update event_blocks set min_ts = $1, max_ts = $1 where agent_id = 'by-timestamp'", [T - 86_400_000]);
});
afterAll(() => bff.stop());

/** Follows the cursor to the end. */
async function read(path: string, query: Record<string, string | number>): Promise<StoredEvent[]> {
  const items: StoredEvent[] = [];
  let cursor: string | null = null;
  do {
    const search = new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]));
    if (cursor !== null) search.set('cursor', cursor);
    const response = await bff.get(`${path}?${search}`);
    expect(response.status).toBe(200);
    const page = (await response.json()) as List<StoredEvent>;
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return items;
}

const contents = (events: readonly StoredEvent[]) => events.map(({ event }) => event['content']);
const expected = (matches: (event: (typeof all)[number]) => boolean) =>
  all
    .filter(matches)
    .map(({ content }) => content)
    .sort();

describe('raw events', () => {
  it.each([7, 50, 500])('come newest first, each once, in pages of %i', async (limit) => {
    const events = await read('/events', { limit, from: T - 3_600_000, to: T + 3_600_000 });
    const times = events.map(({ ts }) => ts);
    expect(times).toEqual([...times].sort((a, b) => b - a));
    expect(contents(events).sort()).toEqual(expected(() => true));
  });

  it('of one agent are its own', async () => {
    const events = await read('/agents/agent-b/events', { limit: 33 });
    expect(contents(events).sort()).toEqual(expected(({ agent }) => agent === 'agent-b'));
    expect(new Set(events.map(({ agent_id: id }) => id))).toEqual(new Set(['agent-b']));
  });

  it('are chosen by type, time and text', async () => {
    const [from, to] = [T + 60_000, T + 120_000];
    const events = await read('/events', { message_type: 'error', q: 'nEEDle', from, to: new Date(to).toISOString(), limit: 10 });
    const wanted = expected(({ type, ts, content }) => type === 'error' && ts >= from && ts < to && content.includes('Needle'));
    expect(wanted.length).toBeGreaterThan(10);
    expect(contents(events).sort()).toEqual(wanted);
    expect(await read('/events', { message_type: 'error', q: 'hay' })).toEqual([]);
  });

  it('are as they came, with their time resolved', async () => {
    expect(await read('/agents/by-timestamp/events', {})).toEqual([
      {
        agent_id: 'by-timestamp',
        ts: T - 86_400_000,
        message_type: 'feedback',
        event: { timestamp: '2025-12-31T00:00:00Z', message_type: 'feedback', extra: { kept: [1, null] } },
      },
    ]);
  });

  it('are searched a part at a time, and completely in the end', async () => {
    const model = createEventsReadModel(createReadQuery(bff.database, createMetrics('test')), createLogger('test', 'silent'), {
      blocks: 6,
      bytes: 1e9,
      hardBlocks: 1e6,
      hardBytes: 1e9,
    });
    const found: unknown[] = [];
    let pages = 0;
    let cursor: string | undefined;
    do {
      const page = await model.list({ q: 'event-3 ', limit: 10, cursor });
      found.push(...contents(page.items));
      cursor = page.next_cursor ?? undefined;
      pages++;
    } while (cursor !== undefined);
    expect(found).toEqual(['event-3 hay']);
    expect(pages).toBeGreaterThan(10);
  });

  it('of several agents in one frame are told apart', async () => {
    const agents = ['small-1', 'small-2', 'small-3'];
    const lines = agents.map((agent_id, n) =>
      [0, 1].map((i) =>
        JSON.stringify({ agent_id, ts: T + 900_000 + n * 10 + i, message_type: 'tool_call', content: `☃ ${agent_id}/${i}` }),
      ),
    );
    const texts = lines.map((each) => Buffer.from(each.join('\n')));
    const starts = texts.map((_, n) => texts.slice(0, n).reduce((sum, text) => sum + text.length + 1, 0));
    const frame = zstdCompressSync(texts.map((text) => text.toString()).join('\n'));
    for (const [n, agent] of agents.entries()) {
      await addAgent(bff.database, { agent_id: agent, source: 1, last_seen: T });
      const at = starts[n] ?? 0;
      await bff.database.query(
        `insert into event_blocks (source, seq, agent_id, events, min_ts, max_ts, types, block, frame_of, text_from, text_to)
         values (1, 200, $1, 2, $2::bigint, $2::bigint + 1, 63, $3, $4, $5, $6)`,
        [agent, T + 900_000 + n * 10, n === 2 ? frame : '', n === 2 ? null : 'small-3', at, at + (texts[n]?.length ?? 0)],
      );
    }
    for (const agent of agents) {
      expect((await read(`/agents/${agent}/events`, {})).map(({ event }) => event['content'])).toEqual([
        `☃ ${agent}/1`,
        `☃ ${agent}/0`,
      ]);
    }
    const newest = await read('/events', { from: T + 900_000 });
    expect(newest.map(({ agent_id: agent }) => agent)).toEqual([
      'small-3',
      'small-3',
      'small-2',
      'small-2',
      'small-1',
      'small-1',
    ]);
    // The row with the frame has reached its age a moment before the others.
    await bff.database.query(`delete from event_blocks where agent_id = 'small-3'`);
    expect(await read('/agents/small-1/events', {})).toEqual([]);
    await bff.database.query(`delete from event_blocks where seq = 200`);
  });

  it('are put together by session, and chosen by it', async () => {
    const said = (ts: number, session_id: string | undefined, more: object = {}) => ({
      agent_id: 'talker',
      ts,
      session_id,
      message_type: 'agent_response',
      ...more,
    });
    const hour = T + 7_200_000;
    await addAgent(bff.database, { agent_id: 'talker', source: 1, last_seen: hour });
    await addAgent(bff.database, { agent_id: 'other', source: 1, last_seen: hour });
    await addBlock(bff.database, { source: 1, seq: 300, agentId: 'talker' }, [
      said(hour, 'first', { message_type: 'user_message', user_id: 'ann' }),
      said(hour + 2_000, 'second', { user_id: 'bea', token_count: 7 }),
      said(hour + 4_000, undefined),
      said(hour + 5_000, 'second', { message_type: 'heartbeat' }),
    ]);
    await addBlock(bff.database, { source: 1, seq: 301, agentId: 'talker' }, [
      said(hour + 1_000, 'first', { input_tokens: 10, output_tokens: 5, token_count: 99, user_id: 'ann' }),
      said(hour + 9_000, 'first', { message_type: 'error', user_id: 'carl' }),
    ]);
    await addBlock(bff.database, { source: 1, seq: 302, agentId: 'other' }, [
      { ...said(hour + 9_500, 'first', {}), agent_id: 'other' },
    ]);

    const sessions = async (query = '') =>
      agentSessionsSchema.parse(await (await bff.get(`/agents/talker/sessions${query}`)).json());
    const first = {
      session_id: 'first',
      first_event: hour,
      last_event: hour + 9_000,
      total_messages: 3,
      total_errors: 1,
      total_tokens_used: 15,
      users: ['carl', 'ann'],
    };
    const second = {
      session_id: 'second',
      first_event: hour + 2_000,
      last_event: hour + 2_000,
      total_messages: 1,
      total_errors: 0,
      total_tokens_used: 7,
      users: ['bea'],
    };
    expect(await sessions()).toEqual({ items: [first, second], more: false, read_from: null });
    expect(await sessions('?limit=1')).toEqual({ items: [first], more: true, read_from: null });
    expect((await sessions(`?from=${hour + 1_500}&to=${hour + 9_000}`)).items).toEqual([second]);
    expect(await sessions(`?to=${hour}`)).toEqual({ items: [], more: false, read_from: null });

    const times = (events: readonly StoredEvent[]) => events.map(({ ts }) => ts - hour);
    expect(times(await read('/agents/talker/events', { session_id: 'first', limit: 1 }))).toEqual([9_000, 1_000, 0]);
    expect(times(await read('/agents/talker/events', { session_id: 'first', message_type: 'error' }))).toEqual([9_000]);
    expect(times(await read('/events', { session_id: 'first' }))).toEqual([9_500, 9_000, 1_000, 0]);
    expect(await read('/events', { session_id: 'fir' })).toEqual([]);

    const model = createEventsReadModel(createReadQuery(bff.database, createMetrics('test')), createLogger('test', 'silent'), {
      ...SCAN_BUDGET,
      blocks: 1,
    });
    expect(await model.sessions('talker', { limit: 10 })).toEqual({
      items: [{ ...first, first_event: hour + 9_000, total_messages: 1, total_tokens_used: 0, users: ['carl'] }],
      more: true,
      read_from: hour + 5_001,
    });
    await bff.database.query('delete from event_blocks where seq >= 300');
  });

  it.each([
    ['/agents/nobody/sessions', 404, 'unknown-agent'],
    ['/agents/agent-a/sessions?from=2&to=1', 400, 'invalid-query'],
    ['/agents/agent-a/sessions?limit=501', 400, 'invalid-query'],
    ['/agents/agent-a/sessions?from=yesterday', 400, 'invalid-query'],
    ['/agents/agent-a/events?session_id=', 400, 'invalid-query'],
    [`/events?session_id=${'x'.repeat(300)}`, 400, 'invalid-query'],
  ])('%s is %i %s', async (path, status, code) => {
    const response = await bff.get(path);
    expect([response.status, ((await response.json()) as { type: string }).type.split(':').at(-1)]).toEqual([status, code]);
  });

  it('that cannot be read do not take the others with them', async () => {
    await bff.database.query(
      "insert into agents (agent_id, source, status, first_seen, last_seen) values ('broken', 1, 'online', 1, 1)",
    );
    await bff.database.query("insert into event_blocks values (1, 0, 'broken', 1, $1, $1, 63, $2)", [
      T,
      Buffer.from('no zstd at all'),
    ]);
    const response = await bff.get('/agents/broken/events');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ items: [], next_cursor: null });
    await bff.database.query("delete from event_blocks where agent_id = 'broken'");
  });
});
