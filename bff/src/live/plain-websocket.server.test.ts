import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { LiveRecord } from '@fleetbeat/contracts/live.ts';
import { createSession } from '@fleetbeat/infra/access/sessions.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

/** What is waited for comes soon, but the machine may be busy. */
function eventually<T>(read: () => T) {
  return expect.poll(read, { timeout: 20_000 });
}

let bff: TestBff;
const opened: WebSocket[] = [];

beforeAll(async () => {
  bff = await startTestBff();
});
afterAll(() => bff.stop());
afterEach(() => {
  for (const socket of opened.splice(0)) socket.terminate();
});

type Message = Record<string, unknown>;

/** Opens a socket; rejects with the HTTP status that refuses it. */
function open(path = '/ws/tasks', headers: Record<string, string> = {}): Promise<{ socket: WebSocket; received: Message[] }> {
  const socket = new WebSocket(bff.url.replace('http', 'ws') + path, { headers });
  opened.push(socket);
  const received: Message[] = [];
  socket.on('message', (data: Buffer) => received.push(JSON.parse(data.toString('utf8')) as Message));
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve({ socket, received }));
    socket.on('unexpected-response', (_request, response) =>
      reject(Object.assign(new Error('refused'), { status: response.statusCode })),
    );
    socket.on('error', reject);
  });
}

const withKey = () => open('/ws/tasks', { authorization: `Bearer ${bff.key}` });

async function announce(...records: LiveRecord[]): Promise<void> {
  const value = (record: LiveRecord) => Buffer.from(JSON.stringify(record));
  await bff.eventLog.append(
    records.map((record) => ({ topic: 'live', partition: 0, key: null, value: value(record), count: 1 })),
  );
}

function task(
  taskId: string,
  type: 'task_created' | 'task_update' = 'task_update',
  description: string | null = null,
): LiveRecord {
  const nothing = {
    description,
    workflow_id: null,
    agent_id: null,
    due_date: null,
    result: null,
    error: null,
    created_by: null,
  };
  const times = { created_at: 1, started_at: 1, completed_at: null, duration_seconds: null, updated_at: 1 };
  return {
    type,
    data: {
      task_id: taskId,
      name: 'Task',
      status: 'in_progress',
      priority: 'high',
      progress: 50,
      attempts: 1,
      depends_on: [],
      waiting_for: 0,
      capabilities: [],
      max_attempts: 3,
      timeout_seconds: null,
      not_before: null,
      revision: 1,
      ...nothing,
      ...times,
    },
  };
}
const sample: LiveRecord = {
  type: 'performance_update',
  data: { host_id: 'host-1', ts: 1, cpu_usage: 10, memory_usage: 20, disk_usage: 30, uptime: 40 },
};

describe('/ws/tasks', () => {
  it('sends tasks and performance as flat JSON to whoever connects', async () => {
    const { received } = await withKey();
    await eventually(() => received[0]).toMatchObject({ type: 'connected', seq: expect.any(Number) });
    await announce(task('task-1', 'task_created'), task('task-1'), sample);
    await eventually(() => received.length).toBeGreaterThanOrEqual(4);
    expect(received.slice(1, 4)).toMatchObject([
      { type: 'taskUpdate', task_id: 'task-1', status: 'in_progress', created: true },
      { type: 'taskUpdate', task_id: 'task-1', status: 'in_progress', created: false },
      { type: 'performanceUpdate', cpu_usage: 10, memory_usage: 20, disk_usage: 30, uptime: 40 },
    ]);
  });

  it('sends what was asked for, once something was', async () => {
    const { socket, received } = await withKey();
    socket.send('{"action": "subscribe", "channel": "tasks"}');
    await eventually(() => received.at(-1)).toMatchObject({ type: 'subscribed', channel: 'tasks' });
    await announce(sample, task('task-2'));
    await eventually(() => received.at(-1)).toMatchObject({ type: 'taskUpdate', task_id: 'task-2' });
    expect(received.some(({ type }) => type === 'performanceUpdate')).toBe(false);
    socket.send('{"action": "unsubscribe", "channel": "tasks"}');
    await eventually(() => received.at(-1)).toMatchObject({ type: 'unsubscribed' });
    await announce(task('task-3'));
    socket.send('{"action": "ping"}');
    await eventually(() => received.at(-1)).toMatchObject({ type: 'pong' });
    expect(received.some((message) => message['task_id'] === 'task-3')).toBe(false);
  });

  it.each([
    '{"action": "explode"}',
    '[]',
    'null',
    '"subscribe"',
    '{',
    '{"action": "subscribe", "channel": "x"}',
    '{"action": "subscribe"}',
  ])('answers %s with an error and stays open', async (text) => {
    const { socket, received } = await withKey();
    socket.send(text);
    // Messages for everybody may come in between.
    await eventually(() => received).toContainEqual({ type: 'error', reason: expect.any(String) });
    socket.send('{"action": "ping"}');
    await eventually(() => received).toContainEqual(expect.objectContaining({ type: 'pong' }));
  });

  it('ends a connection that sends too much', async () => {
    const { socket } = await withKey();
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    socket.send('x'.repeat(100_000));
    expect(await closed).toBe(1009);
  });

  it('is closed to those who are not known, and to other paths', async () => {
    await expect(open()).rejects.toMatchObject({ status: 401 });
    await expect(open('/ws/tasks', { authorization: 'Bearer fbk_wrong' })).rejects.toMatchObject({ status: 401 });
    await expect(open('/ws/tasks?ticket=fbt_wrong')).rejects.toMatchObject({ status: 401 });
    await expect(open('/ws/other', { authorization: `Bearer ${bff.key}` })).rejects.toMatchObject({ status: 404 });
    const ingest = await bff.makeKey(['ingest']);
    await expect(open('/ws/tasks', { authorization: `Bearer ${ingest}` })).rejects.toMatchObject({ status: 403 });
  });

  it('takes a session, but not from a page of another site', async () => {
    const { token } = await createSession(bff.database, { name: 'visitor', scopes: ['read'] }, undefined);
    const cookie = `other=1; fleetbeat_session=${token}`;
    await expect(open('/ws/tasks', { cookie, origin: bff.url })).resolves.toBeDefined();
    await expect(open('/ws/tasks', { cookie })).resolves.toBeDefined();
    await expect(open('/ws/tasks', { cookie, origin: 'https://evil.example.com' })).rejects.toMatchObject({ status: 403 });
    await expect(open('/ws/tasks', { cookie: 'fleetbeat_session=fbs_wrong' })).rejects.toMatchObject({ status: 401 });
  });

  it('takes a ticket once', async () => {
    const made = await fetch(`${bff.url}/api/v1/tickets`, { method: 'POST', headers: { authorization: `Bearer ${bff.key}` } });
    const { ticket } = (await made.json()) as { ticket: string };
    await expect(open(`/ws/tasks?ticket=${ticket}`)).resolves.toBeDefined();
    await expect(open(`/ws/tasks?ticket=${ticket}`)).rejects.toMatchObject({ status: 401 });
  });

  it('tells who has missed more than can be sent at once to read again, and goes on', async () => {
    const witness = await withKey();
    await announce(task('seen'));
    await eventually(() => witness.received.some(({ task_id: id }) => id === 'seen')).toBe(true);
    const since = witness.received.find(({ task_id: id }) => id === 'seen')?.['seq'];
    const text = 'x'.repeat(16_000);
    for (let part = 0; part < 9; part++) {
      await announce(...Array.from({ length: 100 }, (_, index) => task(`${part}-${index}`, 'task_update', text)));
      await eventually(() => witness.received.some(({ task_id: id }) => id === `${part}-99`)).toBe(true);
    }
    const { socket, received } = await withKey();
    socket.send(JSON.stringify({ action: 'subscribe', channel: 'tasks', since }));
    await eventually(() => received.find(({ type }) => type === 'subscribed')).toMatchObject({ resync: true });
    await announce(task('after'));
    await eventually(() => received.filter(({ type }) => type === 'taskUpdate').map(({ task_id: id }) => id)).toEqual(['after']);
  });
});
