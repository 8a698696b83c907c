import { io, type Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EVENT_COLUMNS, WHOLE } from '@fleetbeat/contracts/aggregates.ts';
import {
  connectedSchema,
  visualizationUpdateSchema,
  type LiveMessage,
  type LiveRecord,
  type OpenPartials,
  type VisualizationUpdate,
} from '@fleetbeat/contracts/live.ts';
import type { Pipeline } from '@fleetbeat/contracts/api.ts';
import { addAgent, addCut, addSource, eventRow, writeRows } from '../testing/fill.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

const WINDOW = Math.floor(Date.now() / 10_000) * 10_000;

/** What is waited for comes soon, but the machine may be busy. */
function eventually<T>(read: () => T) {
  return expect.poll(read, { timeout: 20_000 });
}

let bff: TestBff;
let source: number;
const sockets: Socket[] = [];

beforeAll(async () => {
  bff = await startTestBff();
  source = await addSource(bff.database, 'agent-events', 0, Date.now());
  await addAgent(bff.database, { agent_id: 'agent-1', source, last_seen: Date.now() });
});
afterAll(() => bff.stop());
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.disconnect();
});

type Received = { type: string; message: LiveMessage };

interface Client {
  readonly socket: Socket;
  readonly received: Received[];
  readonly hello: { stream: string; seq: number };
}

async function connect(options: Parameters<typeof io>[1] = {}): Promise<Client> {
  const socket = io(bff.url, { transports: ['websocket'], auth: { key: bff.key }, reconnection: false, ...options });
  sockets.push(socket);
  const received: Received[] = [];
  socket.onAny((type: string, message: LiveMessage) => received.push({ type, message }));
  const hello = await new Promise<unknown>((resolve, reject) => {
    socket.once('connected', (message: LiveMessage) => resolve(message.data));
    socket.once('connect_error', reject);
  });
  return { socket, received, hello: connectedSchema.parse(hello) };
}

function ask(socket: Socket, name: string, request?: unknown): Promise<Record<string, unknown>> {
  return socket.timeout(5_000).emitWithAck(name, ...(request === undefined ? [] : [request])) as Promise<Record<string, unknown>>;
}

function ofType(client: Client, type: string): LiveMessage[] {
  return client.received.filter((each) => each.type === type).map(({ message }) => message);
}

function updates(client: Client, view: 'fleet' | 'agent'): VisualizationUpdate[] {
  return ofType(client, 'visualization_update')
    .map(({ data }) => visualizationUpdateSchema.parse(data))
    .filter((update) => update.view === view);
}

async function announce(record: LiveRecord): Promise<void> {
  await bff.eventLog.append([{ topic: 'live', partition: 0, key: null, value: Buffer.from(JSON.stringify(record)), count: 1 }]);
}

function status(agentId: string): LiveRecord {
  return { type: 'agent_status', data: { agent_id: agentId, status: 'busy', last_seen: 1, host_id: null } };
}

async function publish(open: Omit<OpenPartials, 'source'>): Promise<void> {
  const value = Buffer.from(JSON.stringify({ source, ...open } satisfies OpenPartials));
  await bff.eventLog.append([{ topic: 'aggregates', partition: 0, key: null, value, count: 1 }]);
}

function partial(set: 'fleet' | 'agent', key: string, messages: number, window = WINDOW): OpenPartials['partials'][number] {
  const values = Object.keys(EVENT_COLUMNS).map((name) => (name === 'messages' ? messages : 0));
  return { set, key, window, values, sketch: null, distinct: null };
}

describe('Socket.IO', () => {
  it('says hello, answers pings and refuses nonsense without ending', async () => {
    const { socket, hello } = await connect();
    expect(hello.stream).toMatch(/^[0-9a-f-]{36}$/);
    expect(await ask(socket, 'ping')).toMatchObject({ ok: true, server_time: expect.any(Number) });
    expect(await ask(socket, 'subscribe', { channel: 'everything' })).toMatchObject({
      ok: false,
      reason: expect.stringContaining('channel'),
    });
    expect(await ask(socket, 'subscribe')).toMatchObject({ ok: false });
    socket.emit('subscribe', 'tasks');
    socket.emit('subscribe');
    expect(await ask(socket, 'subscribe', { channel: 'tasks' })).toMatchObject({ ok: true, resync: false });
  });

  it.each([
    ['nothing', {}],
    ['a wrong key', { auth: { key: 'fbk_wrong' } }],
    ['a wrong ticket', { auth: { ticket: 'fbt_wrong' } }],
    ['credentials of another shape', { auth: { key: { $ne: '' }, ticket: ['x'] } }],
  ])('lets nobody in with %s', async (_name, options) => {
    await expect(connect({ auth: {}, ...options })).rejects.toMatchObject({ data: { status: 401 } });
  });

  it('lets nobody in who may only send events', async () => {
    const key = await bff.makeKey(['ingest']);
    await expect(connect({ auth: { key } })).rejects.toMatchObject({ data: { status: 403, code: 'missing-scope' } });
  });

  it('takes a key in the header, and a ticket once', async () => {
    await connect({ auth: {}, extraHeaders: { authorization: `Bearer ${bff.key}` } });
    const made = await fetch(`${bff.url}/api/v1/tickets`, { method: 'POST', headers: { authorization: `Bearer ${bff.key}` } });
    expect(made.status).toBe(201);
    const { ticket } = (await made.json()) as { ticket: string };
    await connect({ auth: {}, query: { ticket } });
    await expect(connect({ auth: {}, query: { ticket } })).rejects.toMatchObject({ data: { code: 'invalid-ticket' } });
  });

  it('sends what the log brings to those who subscribed, in order', async () => {
    const inside = await connect();
    const outside = await connect();
    await ask(inside.socket, 'subscribe', { channel: 'agents' });
    await ask(outside.socket, 'subscribe', { channel: 'tasks' });
    await announce(status('first'));
    await announce(status('second'));
    await bff.eventLog.append([{ topic: 'live', partition: 0, key: null, value: Buffer.from('{"broken'), count: 1 }]);
    await announce(status('third'));
    await eventually(() => ofType(inside, 'agent_status').length).toBe(3);
    const messages = ofType(inside, 'agent_status');
    expect(messages.map(({ data }) => (data as { agent_id: string }).agent_id)).toEqual(['first', 'second', 'third']);
    expect(messages.map(({ type }) => type)).toEqual(['agent_status', 'agent_status', 'agent_status']);
    const seqs = messages.map(({ seq }) => seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect(new Set(seqs).size).toBe(3);
    expect(ofType(outside, 'agent_status')).toEqual([]);

    await ask(inside.socket, 'unsubscribe', { channel: 'agents' });
    await announce(status('fourth'));
    const latecomer = await connect();
    await ask(latecomer.socket, 'subscribe', { channel: 'agents', since: seqs[2] });
    await eventually(() => ofType(latecomer, 'agent_status').length).toBe(1);
    expect(ofType(inside, 'agent_status')).toHaveLength(3);
  });

  it('lets a client that was away catch up, without a gap and without a repetition', async () => {
    const before = await connect();
    await ask(before.socket, 'subscribe', { channel: 'agents' });
    await announce(status('seen'));
    await eventually(() => ofType(before, 'agent_status').length).toBe(1);
    const since = ofType(before, 'agent_status')[0]?.seq;
    before.socket.disconnect();

    const witness = await connect();
    await ask(witness.socket, 'subscribe', { channel: 'agents' });
    await announce(status('missed-1'));
    await announce(status('missed-2'));
    await eventually(() => ofType(witness, 'agent_status').length).toBe(2);

    const after = await connect();
    expect(after.hello.stream).toBe(before.hello.stream);
    expect(await ask(after.socket, 'subscribe', { channel: 'agents', since })).toMatchObject({ ok: true, resync: false });
    await announce(status('new'));
    await eventually(() => ofType(after, 'agent_status').length).toBe(3);
    const names = ofType(after, 'agent_status').map(({ data }) => (data as { agent_id: string }).agent_id);
    expect(names).toEqual(['missed-1', 'missed-2', 'new']);
  });

  it('tells a client that was away for too long, or elsewhere, to read again', async () => {
    const { socket, hello } = await connect();
    expect(await ask(socket, 'subscribe', { channel: 'agents', since: 1 })).toMatchObject({ ok: true, resync: true });
    expect(await ask(socket, 'subscribe', { channel: 'tasks', since: hello.seq + 1e9 })).toMatchObject({
      ok: true,
      resync: true,
    });
  });
});

describe('live series', () => {
  let seq = 100;
  beforeEach(() => {
    seq += 10;
  });

  it('are whole windows: what is stored and what is open, counted once when a cut moves from one to the other', async () => {
    const client = await connect();
    await ask(client.socket, 'subscribe', { channel: 'metrics' });
    const place = { set: 'fleet', key: WHOLE, tier: '10s', window: WINDOW, source } as const;
    await writeRows(bff.database, bff.timeSeries, [eventRow({ ...place, seq }, { messages: 7 })]);
    await addCut(bff.database, source, { seq, firstOffset: 0, endOffset: 10, aggregated: 7, lastAppendMs: 1_000 });
    const last = () =>
      updates(client, 'fleet')
        .flatMap(({ points }) => points)
        .findLast(({ t }) => t === WINDOW)?.total_messages;
    await eventually(last).toBe(7);

    await publish({ seq: seq + 1, offset: 11, through: 2_000, partials: [partial('fleet', WHOLE, 3)] });
    await eventually(last).toBe(10);
    await publish({ seq: seq + 1, offset: 12, through: 3_000, partials: [partial('fleet', WHOLE, 5)] });
    await eventually(last).toBe(12);

    // REST says the same in the meantime.
    const { series } = (await (await bff.get(`/fleet/metrics?from=${WINDOW}&to=${WINDOW + 1}&step=10s`)).json()) as {
      series: { total_messages: number }[];
    };
    expect(series.map((point) => point.total_messages)).toEqual([12]);

    await writeRows(bff.database, bff.timeSeries, [eventRow({ ...place, seq: seq + 1 }, { messages: 6 })]);
    await addCut(bff.database, source, { seq: seq + 1, firstOffset: 10, endOffset: 13, aggregated: 6, lastAppendMs: 3_500 });
    await publish({ seq: seq + 2, offset: 14, through: 4_000, partials: [partial('fleet', WHOLE, 1)] });
    await eventually(last).toBe(14);
    const totals = updates(client, 'fleet').flatMap(({ points }) =>
      points.filter(({ t }) => t === WINDOW).map((point) => point.total_messages),
    );
    expect(totals).toEqual([...totals].sort((a, b) => a - b));
    const through = updates(client, 'fleet').map((update) => update.through);
    expect(through).toEqual([...through].sort((a, b) => a - b));
    expect(through.at(-1)).toBe(4_000);
  });

  it('come at most four times a second', async () => {
    const client = await connect();
    await ask(client.socket, 'subscribe', { channel: 'metrics' });
    const started = performance.now();
    const before = updates(client, 'fleet').length;
    for (let i = 1; i <= 40; i++)
      await publish({ seq: seq + 1, offset: i, through: 10_000 + i, partials: [partial('fleet', WHOLE, i)] });
    await eventually(() => updates(client, 'fleet').at(-1)?.through).toBe(10_040);
    const seconds = (performance.now() - started) / 1_000;
    expect(updates(client, 'fleet').length - before).toBeLessThanOrEqual(4 * seconds + 1);
  });

  it('of one agent go to those who look at it, and are asked for', async () => {
    const client = await connect();
    const other = await connect();
    await ask(client.socket, 'subscribe', { channel: 'metrics', agent_id: 'agent-1' });
    await ask(other.socket, 'subscribe', { channel: 'metrics' });
    const watched = async () =>
      (await bff.database.query("select key from watches where set_name = 'agent' and expires_at > now()")).rows.map(
        (row: { key: string }) => row.key,
      );
    await eventually(watched).toContain('agent-1');
    await publish({ seq: seq + 1, offset: 100, through: 20_000, partials: [partial('agent', 'agent-1', 9)] });
    await expect
      .poll(
        () =>
          updates(client, 'agent')
            .flatMap(({ points }) => points)
            .at(-1)?.total_messages,
      )
      .toBe(9);
    expect(updates(client, 'agent').every(({ key }) => key === 'agent-1')).toBe(true);
    expect(updates(other, 'agent')).toEqual([]);

    await ask(client.socket, 'unsubscribe', { channel: 'metrics', agent_id: 'agent-1' });
    await publish({
      seq: seq + 1,
      offset: 101,
      through: 21_000,
      partials: [partial('agent', 'agent-1', 10), partial('fleet', WHOLE, 50)],
    });
    await eventually(() => updates(client, 'fleet').at(-1)?.through).toBe(21_000);
    expect(
      updates(client, 'agent')
        .flatMap(({ points }) => points)
        .at(-1)?.total_messages,
    ).toBe(9);
  });

  it('are measured from the append to leaving', async () => {
    const measured = async () => ((await (await bff.get('/pipeline')).json()) as Pipeline).event_to_screen_ms;
    const appended = Date.now();
    await publish({ seq: seq + 1, offset: 200, through: appended, partials: [] });
    await eventually(async () => (await measured()).samples).toBeGreaterThan(0);
    const { p50, p99 } = await measured();
    expect(p50).toBeLessThanOrEqual(Date.now() - appended + 60_000);
    expect(p99).toBeGreaterThanOrEqual(p50 ?? Infinity);
  });
});
