import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Channel, ChannelTest } from '@fleetbeat/contracts/channels.ts';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { Delivery } from '@fleetbeat/contracts/delivery.ts';
import { startSystem, type RunningSystem } from './start-system.ts';

let system: RunningSystem;
let status = 200;
const received: IncomingMessage[] = [];
const server = createServer((request, response) => {
  received.push(request);
  request.resume().on('end', () => response.writeHead(status).end('as told'));
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  system = await startSystem({ NOTIFY_ALLOW_PRIVATE: '127.0.0.0/8' });
});
afterAll(async () => {
  await system.stop();
  server.close();
});

async function post<T>(path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${system.api}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${system.key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.ok, await response.clone().text()).toBe(true);
  return (await response.json()) as T;
}

it('a channel of a running system is tried out, and its deliveries are in the log', async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const { id } = await post<Channel>('/channels', {
    type: 'webhook',
    name: 'Hook',
    config: { url },
    secrets: { signing_secret: 'a secret that both know' },
  });
  const delivered = await post<ChannelTest>(`/channels/${id}/test`);
  expect(delivered).toMatchObject({ outcome: 'delivered', status: 200 });
  expect(delivered.duration_ms).toBeLessThan(5_000);
  expect(received[0]?.headers['fleetbeat-signature']).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/);

  status = 410;
  expect(await post<ChannelTest>(`/channels/${id}/test`)).toMatchObject({
    outcome: 'failed',
    status: 410,
    reason: 'it answers 410: as told',
  });
  const { items } = await system.get<List<Delivery>>(`/deliveries?channel_id=${id}`);
  expect(items.map(({ state }) => state)).toEqual(['dead', 'delivered']);
});
