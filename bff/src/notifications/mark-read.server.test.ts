import type { Notification } from '@fleetbeat/contracts/alerts.ts';
import type { List } from '@fleetbeat/contracts/api.ts';
import { SEE_ALL } from '@fleetbeat/contracts/notification-preferences.ts';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestBff, type TestBff } from '../start-test-bff.ts';
import { Browser } from '../testing/browser.ts';

const DAY = 86_400_000;

let bff: TestBff;
let [ann, bob, key] = [] as unknown as [Browser, Browser, Browser];
let annId: string;
let secretKey: string;

beforeAll(async () => {
  bff = await startTestBff();
  [ann, bob] = [await person('ann', 'viewer'), await person('bob', 'operator')];
  annId = ((await ann.ask('GET', '/me')).body as { id: string }).id;
  secretKey = await bff.makeKey(['read']);
  key = new Browser(bff.url, { authorization: `Bearer ${secretKey}` });
});
afterAll(() => bff.stop());

beforeEach(async () => {
  await bff.database.query('delete from notifications');
  await bff.database.query('delete from notification_readers');
});

async function person(name: string, role: string): Promise<Browser> {
  const admin = new Browser(bff.url, { authorization: `Bearer ${bff.key}` });
  const { body } = await admin.ask('POST', '/invitations', { email: `${name}@example.org`, name, role });
  const browser = new Browser(bff.url);
  const token = new URL((body as { url: string }).url).hash.slice(1);
  await browser.ask('POST', '/auth/password', { token, password: 'correct horse battery' });
  await browser.signIn(`${name}@example.org`, 'correct horse battery');
  return browser;
}

interface Told {
  at?: number;
  severity?: string;
  kind?: string;
  recipient?: string | null;
  readAt?: number | null;
}
async function tell(title: string, { at, severity, kind, recipient, readAt }: Told = {}): Promise<number> {
  const { rows } = await bff.database.query<{ id: number }>(
    `insert into notifications (at, severity, kind, title, body, recipient, read_at) values ($1, $2, $3, $4, '', $5, $6) returning id`,
    [at ?? Date.now(), severity ?? 'error', kind ?? 'firing', title, recipient ?? null, readAt ?? null],
  );
  return rows[0]?.id ?? 0;
}

const listed = async (who: Browser, query = '') =>
  ((await who.ask('GET', `/notifications${query}`)).body as List<Notification>).items;
const unread = async (who: Browser) => (await listed(who, '?unread')).map(({ title }) => title).reverse();
const mark = async (who: Browser, body: object) => {
  const answer = await who.ask('POST', '/notifications/read', body);
  return answer.status === 200 ? (answer.body as { read: number }).read : answer.status;
};

describe('what is read', () => {
  it('is read by whoever says so alone: a viewer, an operator, a key', async () => {
    const ids = [await tell('a'), await tell('b'), await tell('c')];
    expect(await mark(ann, { ids: [ids[1]] })).toBe(1);
    expect(await mark(ann, { ids: [ids[1]] })).toBe(0);
    expect([await unread(ann), await unread(bob), await unread(key)]).toEqual([
      ['a', 'c'],
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
    expect((await listed(ann)).map(({ read_at }) => read_at !== null)).toEqual([false, true, false]);
    expect((await listed(bob)).map(({ read_at }) => read_at)).toEqual([null, null, null]);

    expect(await mark(bob, { up_to: ids[2] })).toBe(3);
    expect([await unread(ann), await unread(bob), await unread(key)]).toEqual([['a', 'c'], [], ['a', 'b', 'c']]);
    expect(await mark(key, { up_to: ids[0] })).toBe(1);
    expect([await unread(ann), await unread(bob), await unread(key)]).toEqual([['a', 'c'], [], ['b', 'c']]);
  });

  it('is what somebody is shown: not what is for another, nor what they do not want, nor what is held back', async () => {
    const mention = await tell('for ann', { kind: 'mentioned', severity: 'info', recipient: annId });
    await tell('info', { severity: 'info' });
    const last = await tell('error');
    expect(await mark(bob, { ids: [mention] })).toBe(0);
    expect(await mark(bob, { up_to: mention })).toBe(0);
    const quiet_hours = { time_zone: 'UTC', intervals: [{}] };
    try {
      await ann.ask('PUT', '/notifications/preferences', { quiet_hours });
      expect(await mark(ann, { up_to: last })).toBe(2);
    } finally {
      await ann.ask('PUT', '/notifications/preferences', SEE_ALL);
    }
    // Quiet hours are over.
    expect(await unread(ann)).toEqual(['info']);
  });

  it('is not what is written down later, below what was marked', async () => {
    const open = await bff.database.connect();
    try {
      await open.query('begin');
      await open.query(`insert into notifications (at, severity, kind, title, body) values ($1, 'error', 'firing', 'late', '')`, [
        Date.now(),
      ]);
      expect(await mark(ann, { up_to: await tell('early') })).toBe(1);
      await open.query('commit');
    } finally {
      open.release();
    }
    expect(await unread(ann)).toEqual(['late']);
    // Nor what does not exist yet.
    expect(await mark(ann, { up_to: Number.MAX_SAFE_INTEGER })).toBe(1);
    await tell('new');
    expect(await unread(ann)).toEqual(['new']);
  });

  it('is one number where it is older than a day, however much it is', async () => {
    for (const title of ['a', 'b', 'c']) await tell(title, { at: Date.now() - 2 * DAY });
    const [first] = (await listed(ann)).slice(-1);
    expect(await mark(ann, { ids: [first?.id] })).toBe(1);
    const last = await tell('d');
    expect(await mark(ann, { up_to: last })).toBe(3);
    expect(await mark(ann, { up_to: last })).toBe(0);
    const rows = await bff.database.query('select reader, notification_id from notification_reads');
    expect(rows.rows).toEqual([{ reader: annId, notification_id: last }]);
    expect([await unread(ann), await unread(bob)]).toEqual([[], ['a', 'b', 'c', 'd']]);
    expect((await listed(ann)).every(({ read_at }) => read_at !== null)).toBe(true);
  });

  it('stays read by everybody where it was before it was each one’s own', async () => {
    await tell('before', { readAt: 5 });
    await tell('after');
    expect([await unread(ann), await unread(bob)]).toEqual([['after'], ['after']]);
    expect((await listed(ann)).at(-1)?.read_at).toBe(5);
  });

  it('is marked by many requests at a time once', async () => {
    const ids = [await tell('old', { at: Date.now() - 2 * DAY }), await tell('a'), await tell('b')];
    const marks = Array.from({ length: 8 }, (_, i) => mark(ann, i % 2 === 0 ? { up_to: ids[2] } : { ids }));
    const read = await Promise.all(marks);
    expect(await unread(ann)).toEqual([]);
    expect(read.every((count) => count <= 3)).toBe(true);
  });

  it('goes with the account', async () => {
    const eve = await person('eve', 'viewer');
    const { id } = (await eve.ask('GET', '/me')).body as { id: string };
    await tell('old', { at: Date.now() - 2 * DAY });
    expect(await mark(eve, { up_to: await tell('new') })).toBe(2);
    const ofEve = async () => {
      const { rows } = await bff.database.query<{ n: number }>(
        `select (select count(*)::int from notification_reads where reader = $1)
                + (select count(*)::int from notification_readers where reader = $1) as n`,
        [id],
      );
      return rows[0]?.n;
    };
    expect(await ofEve()).toBe(2);
    const admin = new Browser(bff.url, { authorization: `Bearer ${bff.key}` });
    expect((await admin.ask('DELETE', `/users/${id}`)).status).toBe(204);
    expect(await ofEve()).toBe(0);
  });
});

it('other pages of whoever has read hear of it, and nobody else', async () => {
  const other = new Browser(bff.url, { authorization: `Bearer ${await bff.makeKey(['read'])}` });
  const otherKey = await bff.makeKey(['read']);
  const sockets = [secretKey, otherKey].map((each) => io(bff.url, { auth: { key: each }, transports: ['websocket'] }));
  const heard: string[] = [];
  try {
    const again = new Promise<{ data: object }>((resolve) => sockets[0]?.once('notifications_read', resolve));
    const last = new Promise<void>((resolve) => sockets[1]?.once('comment_deleted', () => resolve()));
    sockets[1]?.on('notifications_read', () => heard.push('what another has read'));
    for (const socket of sockets) await socket.timeout(10_000).emitWithAck('subscribe', { channel: 'notifications' });
    const id = await tell('a');
    expect([await mark(other, { ids: [id] }), await mark(key, { ids: [id] })]).toEqual([1, 1]);
    expect(Object.keys((await again).data)).toEqual(['reader']);
    const value = JSON.stringify({ type: 'comment_deleted', data: { id: 1, entity_type: 'task', entity_id: 'x' } });
    await bff.eventLog.append([{ topic: 'live', partition: 0, key: null, value: Buffer.from(value), count: 1 }]);
    await last;
    expect(heard).toEqual([]);
  } finally {
    for (const socket of sockets) socket.disconnect();
  }
});
