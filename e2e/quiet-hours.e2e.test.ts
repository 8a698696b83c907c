import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Notification } from '@fleetbeat/contracts/alerts.ts';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { Notice } from '@fleetbeat/contracts/delivery.ts';
import type { Incident, TimelineEntry } from '@fleetbeat/contracts/incidents.ts';
import { freshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSystem, type RunningSystem } from './start-system.ts';

const WITHIN = { timeout: 60_000, interval: 200 };
const ALWAYS = { time_zone: 'UTC', intervals: [{}] };

/** An alert that is only info and one that is an error, from the stream to whoever hears of them. */
describe('in quiet hours', () => {
  const cleanUps: (() => unknown)[] = [];
  let system: RunningSystem;
  const received: string[] = [];
  let [chat, rested, keen] = ['', '', ''];

  beforeAll(async () => {
    const receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { notice } = JSON.parse(Buffer.concat(chunks).toString()) as { notice: Notice };
        received.push(`${notice.kind} ${notice.severity}`);
        response.end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    cleanUps.push(() => receiver.close());
    const { url, drop } = await freshDatabase();
    cleanUps.push(drop);
    system = await startSystem({ DATABASE_URL: url, NOTIFY_ALLOW_PRIVATE: '127.0.0.0/8' });
    cleanUps.push(() => system.stop());
    const config = { url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/` };
    chat = (await ask<{ id: string }>('POST', '/channels', { type: 'webhook', name: 'chat', config })).id;
    [rested, keen] = [await makeKey('rested'), await makeKey('keen')];
  });
  afterAll(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  });

  async function ask<T>(method: string, path: string, body?: object, key = system.key): Promise<T> {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const response = await fetch(`${system.api}/api/v1${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    expect(response.ok, `${method} ${path}: ${await response.clone().text()}`).toBe(true);
    return (await response.json()) as T;
  }

  async function makeKey(name: string): Promise<string> {
    return (await ask<{ key: string }>('POST', '/keys', { name, scopes: ['read'] })).key;
  }

  const seenBy = async (key: string): Promise<string[]> => {
    const { items } = await ask<List<Notification>>('GET', '/notifications', undefined, key);
    return items.map(({ kind, severity }) => `${kind} ${severity}`).sort();
  };

  const heldBack = async (title: string): Promise<string[]> => {
    const { items } = await ask<List<Incident>>('GET', '/incidents');
    const incident = items.find((each) => each.title.startsWith(title));
    if (incident === undefined) return [];
    const { items: timeline } = await ask<List<TimelineEntry>>('GET', `/incidents/${incident.id}/timeline`);
    return timeline.flatMap(({ kind, text }) => (kind === 'held_back' ? [text] : []));
  };

  it('people hear of errors, and of what is only info when they are over', { timeout: 120_000 }, async () => {
    await ask('PUT', '/notifications/preferences', { quiet_hours: ALWAYS }, rested);
    const heard: string[][] = [[], []];
    const sockets = [rested, keen].map((key, i): Socket => {
      const socket = io(system.api, { auth: { key }, transports: ['websocket'] });
      socket.on('notification', ({ data }: { data: Notification }) => heard[i]?.push(`${data.kind} ${data.severity}`));
      return socket;
    });
    try {
      for (const socket of sockets) await socket.timeout(10_000).emitWithAck('subscribe', { channel: 'notifications' });
      const settings = { channels: [chat], group_by: ['alertname'], group_wait_s: 0, group_interval_s: 1 };
      const night = { name: 'Night', matchers: [{ label: 'team', value: 'night' }], ...settings };
      const { id } = await ask<{ id: string }>('POST', '/routes', { ...night, quiet_hours: ALWAYS });
      for (const severity of ['info', 'error']) {
        await ask('POST', '/rules', {
          kind: 'absence',
          name: `No ${severity}`,
          watch: { set: 'agent', keys: [`${severity}-1`] },
          window: '1m',
          severity,
          labels: { team: 'night' },
        });
      }

      await expect.poll(() => received, WITHIN).toEqual(['firing error']);
      await expect.poll(() => heldBack('No info'), WITHIN).toEqual(['Night: quiet hours: it is only info']);
      await expect.poll(() => heard[1]?.toSorted(), WITHIN).toEqual(['firing error', 'firing info']);
      expect(await seenBy(keen)).toEqual(['firing error', 'firing info']);
      expect(await seenBy(rested)).toEqual(['firing error']);
      await expect.poll(() => heard[0], WITHIN).toEqual(['firing error']);

      await ask('PUT', `/routes/${id}`, night);
      await expect.poll(() => received, WITHIN).toEqual(['firing error', 'firing info']);
      await ask('PUT', '/notifications/preferences', { alerts: 'info' }, rested);
      expect(await seenBy(rested)).toEqual(['firing error', 'firing info']);
      await ask('PUT', '/notifications/preferences', { alerts: 'error' }, rested);
      expect(await seenBy(rested)).toEqual(['firing error']);
      expect(await seenBy(keen)).toEqual(['firing error', 'firing info']);
      expect(heard[0]).toEqual(['firing error']);
    } finally {
      for (const socket of sockets) socket.disconnect();
    }
  });
});
