import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LiveRecord } from '@fleetbeat/contracts/live.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

let bff: TestBff;
const stalled: Socket[] = [];

beforeAll(async () => {
  bff = await startTestBff();
});
afterAll(async () => {
  for (const socket of stalled) socket.destroy();
  await bff.stop();
});

/** Opens a WebSocket by hand, sends `frames` once the server has said something, and never reads again. */
function stall(path: string, frames: readonly string[]): Promise<void> {
  const { hostname, port } = new URL(bff.url);
  const socket = connect(Number(port), hostname);
  stalled.push(socket);
  socket.on('error', () => undefined);
  const headers = [
    `GET ${path} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    `Authorization: Bearer ${bff.key}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  socket.write(`${headers.join('\r\n')}\r\n\r\n`);
  return new Promise((resolve) => {
    socket.once('data', () => {
      for (const frame of frames) socket.write(maskedFrame(frame));
      socket.pause();
      resolve();
    });
  });
}

/** A text frame of up to 125 bytes, masked with zeros as a client may. */
function maskedFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

async function openSockets(protocol: string): Promise<number> {
  const text = await (await fetch(`${bff.url}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith('fleetbeat_open_sockets') && each.includes(`"${protocol}"`));
  return Number(line?.split(' ').at(-1));
}

async function flood(): Promise<void> {
  const data = {
    task_id: 'task',
    name: null,
    description: 'x'.repeat(16_000),
    status: 'pending' as const,
    priority: 'low' as const,
    workflow_id: null,
    agent_id: null,
    due_date: null,
    progress: 0,
    result: null,
    error: null,
    attempts: 0,
    depends_on: [],
    waiting_for: 0,
    capabilities: [],
    max_attempts: 3,
    timeout_seconds: null,
    not_before: null,
    created_at: 1,
    started_at: null,
    completed_at: null,
    duration_seconds: null,
    created_by: null,
    updated_at: 1,
    revision: 1,
  };
  const value = Buffer.from(JSON.stringify({ type: 'task_update', data } satisfies LiveRecord));
  const record = { topic: 'live', partition: 0, key: null, value, count: 1 } as const;
  await bff.eventLog.append(Array.from({ length: 200 }, () => record));
}

it.each([
  ['websocket', '/ws/tasks', []],
  ['socket_io', '/socket.io/?EIO=4&transport=websocket', ['40', '42["subscribe",{"channel":"tasks"}]']],
])('a %s client that stops reading is dropped, and nobody else waits for it', async (protocol, path, frames) => {
  await stall(path, frames);
  await expect.poll(() => openSockets(protocol), { timeout: 20_000 }).toBe(1);
  const deadline = Date.now() + 45_000;
  while ((await openSockets(protocol)) === 1 && Date.now() < deadline) await flood();
  expect(await openSockets(protocol)).toBe(0);
  expect((await bff.get('/agents')).status).toBe(200);
});

it('clients that stop reading do not hold up the stop', async () => {
  const other = await startTestBff();
  const saved = bff;
  bff = other;
  try {
    await stall('/ws/tasks', []);
    await stall('/socket.io/?EIO=4&transport=websocket', ['40', '42["subscribe",{"channel":"tasks"}]']);
    await expect.poll(() => openSockets('socket_io'), { timeout: 20_000 }).toBe(1);
    await flood();
    const started = performance.now();
    await other.stop();
    expect(performance.now() - started).toBeLessThan(8_000);
  } finally {
    bff = saved;
  }
});
