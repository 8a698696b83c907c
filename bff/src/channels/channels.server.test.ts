import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Channel, ChannelTest } from '@fleetbeat/contracts/channels.ts';
import type { List, Problem } from '@fleetbeat/contracts/api.ts';
import type { Delivery, Notice, WholeDelivery } from '@fleetbeat/contracts/delivery.ts';
import { decrypt } from '@fleetbeat/infra/access/encrypt.ts';
import { inTransaction } from '@fleetbeat/infra/database/database.ts';
import { enqueueDelivery } from '@fleetbeat/infra/deliveries/enqueue-delivery.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

const SECRET = 'a-secret-for-encryption-at-rest';
const SLACK = { type: 'slack', name: 'On call', secrets: { url: 'https://hooks.slack.com/services/T0/B0/hunter2' } };

let bff: TestBff;
let operatorKey: string;
beforeAll(async () => {
  bff = await startTestBff({ FLEETBEAT_SECRET: SECRET });
  operatorKey = await bff.makeKey(['read', 'operate']);
});
afterAll(() => bff.stop());

async function ask<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${bff.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    text,
    body: (text === '' ? null : JSON.parse(text)) as T,
    etag: response.headers.get('etag'),
  };
}

async function add(channel: object): Promise<string> {
  const { status, body } = await ask<Channel>('POST', '/channels', channel);
  expect(status).toBe(201);
  return body.id;
}

async function storedSecrets(id: string): Promise<unknown> {
  const { rows } = await bff.database.query<{ secrets: Buffer | null }>('select secrets from channels where id = $1', [id]);
  const encrypted = rows[0]?.secrets ?? null;
  return encrypted === null ? null : JSON.parse(decrypt(SECRET, id, encrypted));
}

const notice = (over: Partial<Notice> = {}): Notice => ({
  kind: 'firing',
  dedup_key: 'incident-7',
  incident_id: 7,
  severity: 'error',
  title: 'agent-1 is offline',
  body: '',
  url: 'http://127.0.0.1:3000/incidents/7',
  at: 1_800_000_000_000,
  started_at: 1_800_000_000_000,
  group_labels: {},
  alerts: [],
  more_alerts: 0,
  ...over,
});

function enqueue(channelId: string, idempotencyKey: string, over: Partial<Notice> = {}): Promise<number> {
  return inTransaction(bff.database, (transaction) =>
    enqueueDelivery(transaction, { channelId, idempotencyKey, notice: notice(over) }),
  );
}

/** What a worker would write. */
async function end(id: number, state: 'delivered' | 'dead', reason: string | null = null): Promise<void> {
  await bff.database.query(
    `with attempt as (
       insert into delivery_attempts (delivery_id, attempt, started_at, ended_at, outcome, status, reason)
       select id, attempts + 1, 1, 2, case $2 when 'dead' then 'permanent' else 'delivered' end, 200, $3 from deliveries where id = $1)
     update deliveries set state = $2, attempts = attempts + 1, next_try_at = null, last_error = $3 where id = $1`,
    [id, state, reason],
  );
}

describe('channels', () => {
  it('are added, changed, listed and deleted; their secrets are encrypted, kept, and never told', async () => {
    const added = await ask<Channel>('POST', '/channels', SLACK);
    expect(added).toMatchObject({
      status: 201,
      etag: '"1"',
      body: { name: 'On call', enabled: true, secrets: { url: { set: true } }, circuit: 'closed', waiting: 0 },
    });
    const { id } = added.body;
    expect(await storedSecrets(id)).toEqual(SLACK.secrets);

    const renamed = await ask<Channel>(
      'PATCH',
      `/channels/${id}`,
      { name: 'Night shift', rate_per_minute: 6 },
      { 'if-match': '"1"' },
    );
    expect(renamed).toMatchObject({ status: 200, etag: '"2"', body: { name: 'Night shift', rate_per_minute: 6 } });
    expect(await storedSecrets(id)).toEqual(SLACK.secrets);
    const moved = { url: 'https://hooks.slack.com/services/T0/B0/hunter3' };
    expect((await ask('PATCH', `/channels/${id}`, { secrets: moved })).status).toBe(200);
    expect(await storedSecrets(id)).toEqual(moved);
    expect((await ask('PATCH', `/channels/${id}`, { enabled: false }, { 'if-match': '"1"' })).status).toBe(412);

    const texts = [added.text, renamed.text, (await ask('GET', '/channels')).text, (await ask('GET', `/channels/${id}`)).text];
    const { rows: audited } = await bff.database.query<{ action: string; changes: object }>(
      `select action, changes from audit_logs where entity_type = 'channel' and entity_id = $1 order by id`,
      [id],
    );
    expect(audited.map(({ action }) => action)).toEqual(['created', 'updated', 'updated']);
    expect(audited[2]?.changes).toEqual({ 'secrets.url': { before: '***', after: '***' } });
    expect(`${texts.join()}${JSON.stringify(audited)}`).not.toMatch(/hunter/);

    expect((await ask('DELETE', `/channels/${id}`)).status).toBe(204);
    expect(await storedSecrets(id)).toBeNull();
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      expect((await ask(method, `/channels/${id}`, method === 'PATCH' ? { name: 'x' } : undefined)).status).toBe(404);
    }
  });

  it('are paged by name', async () => {
    const ids = [];
    for (const name of ['b', 'A', 'c']) ids.push(await add({ ...SLACK, name: `page ${name}` }));
    const first = await ask<List<Channel>>('GET', '/channels?q=page&type=slack&limit=2');
    expect(first.body.items.map(({ name }) => name)).toEqual(['page A', 'page b']);
    const second = await ask<List<Channel>>('GET', `/channels?q=page&limit=2&cursor=${first.body.next_cursor}`);
    expect(second.body.items.map(({ name }) => name)).toEqual(['page c']);
    for (const id of ids) await ask('DELETE', `/channels/${id}`);
  });

  it('whose secrets are lost say so, and take new ones', async () => {
    const id = await add({ ...SLACK, name: 'lost' });
    await bff.database.query(`update channels set secrets = decode('00', 'hex') where id = $1`, [id]);
    const problem = await ask<Problem>('PATCH', `/channels/${id}`, { name: 'found' });
    expect(problem).toMatchObject({ status: 409, body: { type: 'urn:fleetbeat:problem:secrets-lost' } });
    expect((await ask('PATCH', `/channels/${id}`, { secrets: SLACK.secrets })).status).toBe(200);
    expect(await storedSecrets(id)).toEqual(SLACK.secrets);
  });

  const webhook = (url: string) => ({ type: 'webhook', name: 'x', config: { url } });
  it.each<readonly [string, object, number, string, RegExp]>([
    ['the metadata service', webhook('http://169.254.169.254/latest'), 400, 'forbidden-target', /^config\.url: is link-local/],
    ['this machine by name', webhook('http://LOCALHOST:5432'), 400, 'forbidden-target', /^config\.url: is this machine/],
    ['this machine as a number', webhook('http://2130706433/'), 400, 'forbidden-target', /this machine/],
    ['a mapped address', webhook('http://[::ffff:10.0.0.1]/'), 400, 'forbidden-target', /a private network/],
    [
      'a secret address',
      { type: 'slack', name: 'x', secrets: { url: 'http://10.0.0.1/' } },
      400,
      'forbidden-target',
      /^secrets\.url/,
    ],
    [
      'a mail server inside',
      { type: 'email', name: 'x', config: { host: '10.0.0.1', from: 'a@b.co', to: ['c@d.co'] } },
      400,
      'forbidden-target',
      /^config\.host/,
    ],
    ['another protocol', webhook('file:///etc/passwd'), 400, 'invalid-body', /^config\.url: must be an http/],
    ['no address', webhook(' '), 400, 'invalid-body', /^config\.url: must be an http/],
    [
      'a password in an address',
      webhook('https://user:pass@example.com/'),
      400,
      'invalid-body',
      /^config\.url: must not hold a user/,
    ],
    ['no address', { type: 'webhook', name: 'x' }, 400, 'invalid-body', /^config\.url/],
    ['no secret', { type: 'pagerduty', name: 'x' }, 400, 'invalid-body', /^secrets\.routing_key/],
    ['an unknown field', { ...SLACK, config: { channel: '#a' } }, 400, 'invalid-body', /channel/],
    ['an unknown type', { type: 'pigeon', name: 'x' }, 400, 'invalid-body', /^type/],
    [
      'a password in the open',
      {
        type: 'email',
        name: 'x',
        config: { host: 'mx.example.com', security: 'none', username: 'u', from: 'a@b.co', to: ['c@d.co'] },
      },
      400,
      'invalid-body',
      /^config\.security/,
    ],
    [
      'a header with a line break',
      { ...webhook('https://example.com/'), secrets: { authorization: 'a\r\nx: y' } },
      400,
      'invalid-body',
      /^secrets\.authorization/,
    ],
  ])('are refused with %s', async (_what, channel, status, code, detail) => {
    const { status: answered, body } = await ask<Problem>('POST', '/channels', channel);
    expect({ answered, type: body.type }).toEqual({ answered: status, type: `urn:fleetbeat:problem:${code}` });
    expect(body.detail).toMatch(detail);
  });

  it('have a name of their own', async () => {
    const id = await add({ ...SLACK, name: 'Twice' });
    expect(await ask('POST', '/channels', { ...SLACK, name: 'twice' })).toMatchObject({ status: 409 });
    await ask('DELETE', `/channels/${id}`);
    await add({ ...SLACK, name: 'twice' });
  });
});

describe('a test of a channel', () => {
  it('is a notice that waits to be delivered, and answers what became of it', async () => {
    const id = await add({ ...SLACK, name: 'tried' });
    const answered = ask<ChannelTest>('POST', `/channels/${id}/test`);
    const queued = await waitForDelivery(id);
    expect(queued).toMatchObject({ kind: 'test', severity: 'info', state: 'queued', dedup_key: 'fleetbeat-test' });
    await end(queued.id, 'dead', 'it answers 404: no_service');
    expect(await answered).toMatchObject({
      status: 200,
      body: { delivery_id: queued.id, outcome: 'failed', reason: 'it answers 404: no_service', status: 200 },
    });
    expect((await ask('POST', '/channels/nowhere/test')).status).toBe(404);
  });

  async function waitForDelivery(channelId: string): Promise<Delivery> {
    for (;;) {
      const [delivery] = (await ask<List<Delivery>>('GET', `/deliveries?channel_id=${channelId}`)).body.items;
      if (delivery !== undefined) return delivery;
    }
  }
});

describe('deliveries', () => {
  it('are listed, told whole, and tried again once they are dead', async () => {
    const channel = await add({ ...SLACK, name: 'log' });
    const ids = [];
    for (const n of [1, 2, 3]) ids.push(await enqueue(channel, `log:${n}`, { incident_id: n }));
    const [first = 0, second = 0] = ids;
    await end(first, 'dead', 'it answers 410');
    await end(second, 'delivered');

    const page = await ask<List<Delivery>>('GET', `/deliveries?channel_id=${channel}&limit=2`);
    expect(page.body.items.map(({ id }) => id)).toEqual(ids.toReversed().slice(0, 2));
    const rest = await ask<List<Delivery>>('GET', `/deliveries?channel_id=${channel}&cursor=${page.body.next_cursor}`);
    expect(rest.body.items).toMatchObject([{ id: first, state: 'dead', title: 'agent-1 is offline', channel_name: 'log' }]);
    expect((await ask<List<Delivery>>('GET', '/deliveries?incident_id=2')).body.items).toMatchObject([{ id: second }]);
    expect((await ask<List<Delivery>>('GET', `/deliveries?state=dead&channel_id=${channel}`)).body.items).toHaveLength(1);
    expect(await ask<WholeDelivery>('GET', `/deliveries/${first}`)).toMatchObject({
      status: 200,
      body: { notice: { incident_id: 1 }, attempt_log: [{ attempt: 1, outcome: 'permanent', reason: 'it answers 410' }] },
    });

    expect(await ask('POST', `/deliveries/${first}/replay`)).toMatchObject({
      status: 202,
      body: { state: 'queued', attempts: 1 },
    });
    expect((await ask<Problem>('POST', `/deliveries/${first}/replay`)).body.type).toBe('urn:fleetbeat:problem:not-dead');
    expect((await ask('POST', '/deliveries/999999/replay')).status).toBe(404);
    const { rowCount } = await bff.database.query(`select 1 from audit_logs where entity_type = 'delivery' and entity_id = $1`, [
      String(first),
    ]);
    expect(rowCount).toBe(1);
  });

  it('of a channel are tried again together, but for what is over', async () => {
    const channel = await add({ ...SLACK, name: 'replayed' });
    const begun = await enqueue(channel, 'r:1', { dedup_key: 'a' });
    const ended = await enqueue(channel, 'r:2', { dedup_key: 'a', kind: 'resolved' });
    const lost = await enqueue(channel, 'r:3', { dedup_key: 'b' });
    await end(begun, 'dead', 'x');
    await end(ended, 'delivered');
    await end(lost, 'dead', 'x');
    expect((await ask<Channel>('GET', `/channels/${channel}`)).body.dead).toBe(2);
    expect(await ask('POST', `/channels/${channel}/replay`, {})).toMatchObject({ status: 202, body: { replayed: 1 } });
    expect((await ask<Delivery>('GET', `/deliveries/${begun}`)).body.state).toBe('dead');
    expect((await ask<Delivery>('GET', `/deliveries/${lost}`)).body.state).toBe('queued');
    await ask('PATCH', `/channels/${channel}`, { enabled: false });
    expect((await ask('POST', `/channels/${channel}/replay`, {})).status).toBe(409);
    expect((await ask('POST', `/deliveries/${begun}/replay`)).status).toBe(409);
  });

  it.each(['/deliveries/0', '/deliveries/x', '/deliveries?state=lost', '/deliveries?incident_id=-1', '/deliveries?cursor=x'])(
    'do not answer %s',
    async (path) => {
      expect((await ask('GET', path)).status).toBe(400);
    },
  );
});
