import type { Notification } from '@fleetbeat/contracts/alerts.ts';
import type { List, Problem } from '@fleetbeat/contracts/api.ts';
import { SEE_ALL } from '@fleetbeat/contracts/notification-preferences.ts';
import { inTransaction } from '@fleetbeat/infra/database/database.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { recordNotification } from '@fleetbeat/infra/notifications/record-notification.ts';
import { tellLive } from '@fleetbeat/infra/tell-live.ts';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { startTestBff, type TestBff } from '../start-test-bff.ts';
import { createListeners } from './preferences.ts';

let bff: TestBff;
let [ann, bob] = ['', ''];
beforeAll(async () => {
  bff = await startTestBff();
  [ann, bob] = [await bff.makeKey(['read']), await bff.makeKey(['read', 'operate'])];
});
afterAll(() => bff.stop());

async function ask<T>(key: string, method: string, path: string, body?: object): Promise<{ status: number; body: T }> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const given = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(`${bff.url}/api/v1/notifications${path}`, { method, headers, ...given });
  return { status: response.status, body: (await response.json()) as T };
}

async function kindsFor(key: string): Promise<string[]> {
  const { body } = await ask<List<Notification>>(key, 'GET', '');
  return body.items.map(({ kind, severity }) => `${kind} ${severity}`).sort();
}

const ALWAYS = { time_zone: 'UTC', intervals: [{}] };

/** Tells one notice of each kind, as processors do, an hour ago unless said otherwise. */
async function tell(kinds: readonly string[], at = Date.now() - 3_600_000): Promise<void> {
  const told: Notification[] = [];
  for (const kind of kinds) {
    if (kind === 'task_failed' || kind === 'task_completed') {
      const subject = { type: 'task', id: `${kind}-${Math.random()}` } as const;
      const work = { kind, subject, title: kind, at } as const;
      const notice = await inTransaction(bff.database, (transaction) => recordNotification(transaction, work));
      if (notice !== null) told.push(notice);
      continue;
    }
    const severity = kind === 'resolved' ? 'info' : 'warning';
    const { rows } = await bff.database.query<{ id: number }>(
      `insert into notifications (at, severity, kind, title, body, alert_ids) values ($1, $2, $3, 'x', '', '{}') returning id`,
      [at, severity, kind],
    );
    const alert = {
      title: 'x',
      body: '',
      rule_id: null,
      alert_ids: [],
      subject: null,
      recipient: null,
      read_at: null,
    };
    told.push({ id: rows[0]?.id ?? 0, at, severity, kind: kind as 'firing', ...alert });
  }
  tellLive(
    bff.eventLog,
    createLogger('test', 'fatal'),
    told.map((data) => ({ type: 'notification' as const, data })),
  );
}

it('everybody sees everything until they say otherwise, each for themselves', async () => {
  await tell(['firing', 'resolved', 'task_failed', 'task_completed']);
  const all = ['firing warning', 'resolved info', 'task_completed info', 'task_failed error'];
  expect(await ask(ann, 'GET', '/preferences')).toEqual({ status: 200, body: SEE_ALL });
  expect([await kindsFor(ann), await kindsFor(bob)]).toEqual([all, all]);

  const wanted = { alerts: 'warning', task_completed: false };
  expect(await ask(ann, 'PUT', '/preferences', wanted)).toEqual({ status: 200, body: { ...SEE_ALL, ...wanted } });
  expect(await ask(ann, 'GET', '/preferences')).toEqual({ status: 200, body: { ...SEE_ALL, ...wanted } });
  expect([await kindsFor(ann), await kindsFor(bob)]).toEqual([['firing warning', 'task_failed error'], all]);

  await ask(ann, 'PUT', '/preferences', { alerts: 'none', quiet_hours: ALWAYS });
  // What is only info waits until they are over; what came before them does not.
  await tell(['task_completed'], Date.now() - 25 * 3_600_000);
  expect(await kindsFor(ann)).toEqual(['task_completed info', 'task_failed error']);

  const { rows } = await bff.database.query<{ changes: object }>(
    `select changes from audit_logs where entity_type = 'notification_preferences' order by id`,
  );
  expect(rows.map(({ changes }) => Object.keys(changes).sort())).toEqual([
    ['alerts', 'task_completed'],
    ['alerts', 'quiet_hours', 'task_completed'],
  ]);
});

it.each<readonly [body: object, path: string]>([
  [{ alerts: 'some' }, 'alerts'],
  [{ task_failed: 1 }, 'task_failed'],
  [{ quiet_hours: { time_zone: 'Mars/Olympus', intervals: [{}] } }, 'quiet_hours.time_zone'],
  [{ quiet_hours: { time_zone: 'UTC', intervals: [{ from: '25:00' }] } }, 'quiet_hours.intervals.0.from'],
  [{ nonsense: true }, ''],
])('%j is refused with its place', async (body, path) => {
  const answer = await ask<Problem>(ann, 'PUT', '/preferences', body);
  expect(answer).toMatchObject({ status: 400, body: { type: 'urn:fleetbeat:problem:invalid-body', mistakes: [{ path }] } });
});

it('sockets carry to each what they want, both when it comes and when they come back', async () => {
  await ask(ann, 'PUT', '/preferences', { alerts: 'none', quiet_hours: ALWAYS });
  const [heardByAnn, heardByBob, heardPlain]: string[][] = [[], [], []];
  const sockets: Socket[] = [ann, bob].map((key) => io(bff.url, { auth: { key }, transports: ['websocket'] }));
  const plain = new WebSocket(`${bff.url.replace('http', 'ws')}/ws/tasks`, { headers: { authorization: `Bearer ${ann}` } });
  plain.on('message', (data: Buffer) => {
    const { type, kind } = JSON.parse(data.toString()) as { type: string; kind?: string };
    if (type === 'notification') heardPlain?.push(kind ?? '');
    if (type === 'subscribed') heardPlain?.push('subscribed');
  });
  try {
    const hear = (socket: Socket | undefined, heard: string[] | undefined) =>
      socket?.on('notification', ({ data }: { data: Notification }) => heard?.push(data.kind));
    hear(sockets[0], heardByAnn);
    hear(sockets[1], heardByBob);
    const joined = await Promise.all(
      sockets.map(
        (socket) => socket.timeout(10_000).emitWithAck('subscribe', { channel: 'notifications' }) as Promise<{ seq: number }>,
      ),
    );
    await expect.poll(() => plain.readyState).toBe(WebSocket.OPEN);
    plain.send(JSON.stringify({ action: 'subscribe', channel: 'notifications' }));
    await expect.poll(() => heardPlain).toEqual(['subscribed']);
    await tell(['firing', 'resolved', 'task_completed', 'task_failed'], Date.now());
    await vi.waitFor(
      () => expect(heardByBob?.slice(-4)).toEqual(['firing', 'resolved', 'task_completed', 'task_failed']),
      10_000,
    );
    await vi.waitFor(() => expect([heardByAnn, heardPlain]).toEqual([['task_failed'], ['subscribed', 'task_failed']]), 10_000);

    sockets[0]?.emit('unsubscribe', { channel: 'notifications' });
    await sockets[0]?.timeout(10_000).emitWithAck('subscribe', { channel: 'notifications', since: joined[0]?.seq });
    expect(heardByAnn).toEqual(['task_failed', 'task_failed']);
  } finally {
    for (const socket of sockets) socket.disconnect();
    plain.terminate();
  }
});

it('quiet hours are by the clocks of a place, and keep back what is only info', async () => {
  let now = Date.parse('2026-07-01T04:30:00Z');
  const rows = [
    {
      owner: 'ann',
      preferences: { quiet_hours: { time_zone: 'Europe/Berlin', intervals: [{ from: '22:00', to: '07:00' }] } },
      updated_at: new Date(),
    },
  ];
  const listeners = createListeners(
    <Row extends object>() => Promise.resolve(rows as object[] as Row[]),
    () => now,
  );
  await listeners.refresh();
  const who = { by: 'session', caller: { id: 's', name: 'ann', scopes: [] } } as const;
  const notice = (severity: 'info' | 'error', kind: Notification['kind'] = 'firing') => ({ severity, kind }) as Notification;
  const heard = () => [
    listeners.hears(who, notice('info')),
    listeners.hears(who, notice('error')),
    listeners.hears(who, notice('info', 'mentioned')),
  ];
  expect(heard()).toEqual([false, true, true]);
  now = Date.parse('2026-07-01T05:00:00Z');
  expect(heard()).toEqual([true, true, true]);
});
