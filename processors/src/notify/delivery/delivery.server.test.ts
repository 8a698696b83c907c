import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TEST_DEDUP_KEY } from '@fleetbeat/contracts/delivery.ts';
import { createTargetRule, type AllowedTargets } from '@fleetbeat/infra/net/target-rule.ts';
import { inRequest } from '@fleetbeat/infra/request-id.ts';
import { freshDatabase, type FreshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { addChannel, enqueue, readDelivery, SECRET } from '../testing/channel-rows.ts';
import { AT, notice } from '../testing/notice.ts';
import { answer, drop, hang, startReceiver, type Receiver } from '../testing/receiver.ts';
import { FAILURES_TO_OPEN, FIRST_PAUSE_MS } from './channel-gate.ts';
import { claimDue, LEASE_MS, type Claim } from './claim-due.ts';
import { createDeliver } from './deliver.ts';
import { createHttpSender } from './http-sender.ts';
import { MAX_AGE_MS, MAX_ATTEMPTS } from './next-try.ts';

let fresh: FreshDatabase;
let receiver: Receiver;
let now: number;
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());
beforeEach(async () => {
  now = AT;
  receiver = await startReceiver();
});
afterEach(async () => {
  await receiver.close();
  await fresh.database.query('delete from channels');
});

function deliverer(over: { secret?: string; allowed?: AllowedTargets; timeoutMs?: number } = {}) {
  const targetRule = createTargetRule(over.allowed ?? ['127.0.0.0/8']);
  const timeoutMs = over.timeoutMs ?? 5_000;
  const http = createHttpSender(targetRule, timeoutMs);
  return createDeliver({
    database: fresh.database,
    secret: over.secret ?? SECRET,
    effects: { http, targetRule, timeoutMs },
    now: () => now,
    random: () => 1,
  });
}
let deliver: (claim: Claim) => Promise<unknown>;
beforeEach(() => {
  deliver = deliverer();
});

/** One sweep, and all it has claimed. */
async function round(): Promise<Claim[]> {
  const claims = await claimDue(fresh.database, now);
  await Promise.all(claims.map(deliver));
  return claims;
}

const hook = (secrets: object = {}, over: { rate?: number; enabled?: boolean } = {}) =>
  addChannel(fresh.database, 'webhook', { url: `${receiver.url}/hook?team=1` }, secrets, over);
const read = (id: number) => readDelivery(fresh.database, id);

async function health(channelId: string) {
  const { rows } = await fresh.database.query<{ circuit: string; closed_until: number; last_error: string | null }>(
    'select circuit, closed_until, last_error from channel_health where channel_id = $1',
    [channelId],
  );
  return rows[0];
}

describe('a delivery', () => {
  it('is sent once, signed and under its key, and written down', async () => {
    const channel = await hook({ signing_secret: 'a shared signing secret', authorization: 'Bearer abc' });
    const id = await enqueue(fresh.database, channel, 'incident-7:1', notice());
    await round();
    expect(await round()).toEqual([]);
    expect(await read(id)).toMatchObject({ state: 'delivered', attempts: 1, next_try_at: null, log: ['delivered'] });

    const [request, ...more] = receiver.received;
    expect(more).toEqual([]);
    expect(request).toMatchObject({
      path: '/hook?team=1',
      headers: { 'idempotency-key': 'incident-7:1', authorization: 'Bearer abc' },
    });
    const body = request?.body ?? '';
    expect(JSON.parse(body)).toEqual({ version: 1, id: 'incident-7:1', notice: notice() });
    const signed = createHmac('sha256', 'a shared signing secret')
      .update(`${AT / 1_000}.${body}`)
      .digest('hex');
    expect(request?.headers['fleetbeat-signature']).toBe(`t=${AT / 1_000},v1=${signed}`);
  });

  it('is not sent before its time', async () => {
    await enqueue(fresh.database, await hook(), 'k', notice({ at: AT + 1 }));
    expect(await round()).toEqual([]);
    now += 1;
    expect(await round()).toHaveLength(1);
  });

  it('is tried again later and later, under the same key, until it is taken', async () => {
    const id = await enqueue(fresh.database, await hook(), 'k', notice());
    const waits: number[] = [];
    for (const behaviour of [answer(503), drop, answer(500)]) {
      receiver.behave(behaviour);
      await round();
      const { state, next_try_at: next } = await read(id);
      expect(state).toBe('retrying');
      waits.push((next ?? 0) - now);
      now = (next ?? 0) - 1;
      expect(await round()).toEqual([]);
      now += 1;
    }
    receiver.behave(answer(204));
    await round();
    expect(waits).toEqual([2_000, 4_000, 8_000]);
    expect(await read(id)).toMatchObject({
      state: 'delivered',
      attempts: 4,
      log: ['retryable', 'retryable', 'retryable', 'delivered'],
    });
    expect(new Set(receiver.received.map(({ headers }) => headers['idempotency-key']))).toEqual(new Set(['k']));
  });

  it('waits for as long as it is asked to, and its channel with it', async () => {
    receiver.behave(answer(429, { 'retry-after': '120' }, 'slow down'));
    const channel = await hook();
    const id = await enqueue(fresh.database, channel, 'a', notice({ dedup_key: 'a' }));
    await round();
    expect(await read(id)).toMatchObject({
      state: 'retrying',
      next_try_at: AT + 120_000,
      last_error: 'it answers 429: slow down',
    });
    await enqueue(fresh.database, channel, 'b', notice({ dedup_key: 'b' }));
    receiver.behave(answer(200));
    now += 119_999;
    expect(await round()).toEqual([]);
    now += 1;
    expect(await round()).toHaveLength(2);
    expect(await health(channel)).toMatchObject({ circuit: 'closed' });
  });

  it.each<[string, Parameters<Receiver['behave']>[0], string]>([
    ['is not to be mended', answer(404, {}, 'no such hook'), 'it answers 404: no such hook'],
    [
      'leads elsewhere',
      answer(302, { location: 'http://169.254.169.254/latest/meta-data' }),
      'it answers 302, and redirects are not followed',
    ],
  ])('is dead at once where the answer %s', async (_what, behaviour, reason) => {
    receiver.behave(behaviour);
    const id = await enqueue(fresh.database, await hook(), 'k', notice());
    await round();
    expect(await read(id)).toMatchObject({
      state: 'dead',
      attempts: 1,
      next_try_at: null,
      last_error: reason,
      log: ['permanent'],
    });
    expect(receiver.received).toHaveLength(1);
  });

  it('is given up after so many tries', async () => {
    receiver.behave(answer(500));
    const id = await enqueue(fresh.database, await hook(), 'k', notice());
    for (let tries = 0; tries < MAX_ATTEMPTS; tries++) {
      await fresh.database.query('update channel_health set closed_until = 0');
      await round();
      now = (await read(id)).next_try_at ?? now;
    }
    expect(await read(id)).toMatchObject({ state: 'dead', attempts: MAX_ATTEMPTS });
    expect((await read(id)).last_error).toBe(`given up after ${MAX_ATTEMPTS} tries: it answers 500`);
  });

  it('is cut off where nobody answers, or never stops', async () => {
    deliver = deliverer({ timeoutMs: 200 });
    const ids = await Promise.all(['a', 'b'].map(async (key) => enqueue(fresh.database, await hook(), key, notice())));
    receiver.behave((response, received) => {
      if (received.headers['idempotency-key'] === 'a') hang(response, received);
      else {
        response.writeHead(200);
        const drip = setInterval(() => response.write('.'), 20);
        response.on('close', () => clearInterval(drip));
      }
    });
    await round();
    for (const id of ids) expect(await read(id)).toMatchObject({ state: 'retrying', last_error: 'no answer within 0.2 s' });
  });

  it('reads of a long answer no more than it needs', async () => {
    receiver.behave(answer(400, {}, 'x'.repeat(10_000_000)));
    const id = await enqueue(fresh.database, await hook(), 'k', notice());
    await round();
    expect((await read(id)).last_error?.length).toBeLessThan(400);
  });

  it('tells nobody the secrets that the other side repeats', async () => {
    receiver.behave((response, { headers }) => void response.writeHead(401).end(`who is ${headers.authorization}?`));
    const id = await enqueue(fresh.database, await hook({ authorization: 'Bearer hunter2hunter2' }), 'k', notice());
    await round();
    expect((await read(id)).last_error).toBe('it answers 401: who is ***?');
  });

  it('does not go where it must not', async () => {
    deliver = deliverer({ allowed: [] });
    const names = ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1'];
    for (const name of names) {
      const url = receiver.url.replace('127.0.0.1', name);
      const id = await enqueue(fresh.database, await addChannel(fresh.database, 'webhook', { url }), name, notice());
      await round();
      const { state, last_error: error } = await read(id);
      expect([name, state, error]).toEqual([
        name,
        'dead',
        expect.stringMatching(/ is (this machine|not a public address): NOTIFY_ALLOW/),
      ]);
    }
    expect(receiver.received).toEqual([]);
  });

  it('is dead, with the reason, where the channel cannot be used', async () => {
    const cases = [
      [await hook({}, { enabled: false }), 'the channel is switched off or deleted'],
      [await addChannel(fresh.database, 'slack', {}, {}), 'the configuration of the channel is not complete: save it again'],
    ] as const;
    for (const [channel, reason] of cases) {
      const id = await enqueue(fresh.database, channel, channel, notice());
      await round();
      expect(await read(id)).toMatchObject({ state: 'dead', last_error: reason });
    }
    deliver = deliverer({ secret: 'another secret altogether' });
    const id = await enqueue(fresh.database, await hook({ authorization: 'x' }), 'k', notice());
    await round();
    expect((await read(id)).last_error).toMatch(/^the secrets of the channel cannot be decrypted/);
  });

  it('is too old to be told after a day', async () => {
    const id = await enqueue(fresh.database, await hook(), 'k', notice());
    now += MAX_AGE_MS + 1;
    await round();
    expect(await read(id)).toMatchObject({ state: 'dead', last_error: expect.stringContaining('more than a day') as string });
    expect(receiver.received).toEqual([]);
  });
});

describe('workers', () => {
  it('take a delivery once, however many sweep', async () => {
    const channels = await Promise.all(Array.from({ length: 10 }, () => hook()));
    for (const [index, channel] of channels.entries()) {
      for (let n = 0; n < 5; n++) await enqueue(fresh.database, channel, `${index}:${n}`, notice({ dedup_key: `${index}:${n}` }));
    }
    const claims = (await Promise.all(Array.from({ length: 8 }, () => claimDue(fresh.database, now)))).flat();
    expect(new Set(claims.map(({ delivery }) => delivery)).size).toBe(50);
    expect(claims).toHaveLength(50);
  });

  it('send once for any number of jobs of one attempt', async () => {
    const id = await enqueue(fresh.database, await hook(), 'k', notice());
    const [claim] = await claimDue(fresh.database, now);
    if (claim === undefined) throw new Error('nothing was claimed');
    await Promise.all(Array.from({ length: 5 }, () => deliver(claim)));
    await deliver(claim);
    expect(receiver.received).toHaveLength(1);
    expect(await read(id)).toMatchObject({ state: 'delivered', attempts: 1 });
  });

  it('that die before or while they send are stood in for when their lease is over', async () => {
    const id = await enqueue(fresh.database, await hook(), 'k', notice());
    await claimDue(fresh.database, now);
    now += LEASE_MS - 1;
    expect(await claimDue(fresh.database, now)).toEqual([]);
    now += 1;
    await round();
    expect(await read(id)).toMatchObject({ state: 'delivered', attempts: 1 });
  });
});

describe('what is told about one incident', () => {
  it('is told in order, also where its beginning fails', async () => {
    const channel = await hook();
    const begin = await enqueue(fresh.database, channel, 'begin', notice());
    const end = await enqueue(fresh.database, channel, 'end', notice({ kind: 'resolved' }));
    const other = await enqueue(fresh.database, channel, 'other', notice({ dedup_key: 'incident-8' }));
    receiver.behave((response, { headers }) => void response.writeHead(headers['idempotency-key'] === 'begin' ? 503 : 200).end());
    await round();
    expect(await read(begin)).toMatchObject({ state: 'retrying' });
    expect(await read(end)).toMatchObject({ state: 'queued' });
    expect(await read(other)).toMatchObject({ state: 'delivered' });
    receiver.behave(answer(200));
    now += 2_000;
    await round();
    await round();
    expect(receiver.received.map(({ headers }) => headers['idempotency-key']).slice(-2)).toEqual(['begin', 'end']);
  });
});

describe('a channel', () => {
  it('that fails again and again is left alone, then tried by one delivery, then served', async () => {
    receiver.behave(answer(500));
    const channel = await hook();
    for (let n = 0; n < 12; n++) await enqueue(fresh.database, channel, `${n}`, notice({ dedup_key: `${n}` }));
    await round();
    expect(await health(channel)).toMatchObject({ circuit: 'open' });
    const failed = receiver.received.length;
    expect(failed).toBeGreaterThanOrEqual(FAILURES_TO_OPEN);

    now += FIRST_PAUSE_MS;
    expect(await round()).toEqual([]);
    now += FIRST_PAUSE_MS / 10;
    expect(await round()).toHaveLength(1);
    expect(await health(channel)).toMatchObject({ circuit: 'open', last_error: 'it answers 500' });

    now += 2.2 * FIRST_PAUSE_MS;
    receiver.behave(answer(200));
    const probing = await claimDue(fresh.database, now);
    expect(probing).toHaveLength(1);
    expect(await health(channel)).toMatchObject({ circuit: 'half_open' });
    expect(await claimDue(fresh.database, now)).toEqual([]);
    await Promise.all(probing.map(deliver));
    expect(await health(channel)).toMatchObject({ circuit: 'closed' });
    for (let n = 0; n < 4; n++) await round();
    const { rows } = await fresh.database.query<{ state: string }>('select distinct state from deliveries');
    expect(rows).toEqual([{ state: 'delivered' }]);
    expect(receiver.received).toHaveLength(failed + 1 + 12);
  });

  it('is tried out at once, and once, even while it is left alone', async () => {
    receiver.behave(answer(500));
    const channel = await hook();
    for (let n = 0; n < 6; n++) await enqueue(fresh.database, channel, `${n}`, notice({ dedup_key: `${n}` }));
    await round();
    expect(await health(channel)).toMatchObject({ circuit: 'open' });
    const failing = await enqueue(fresh.database, channel, 'test-1', notice({ kind: 'test', dedup_key: TEST_DEDUP_KEY }));
    expect(await round()).toHaveLength(1);
    expect(await read(failing)).toMatchObject({ state: 'dead', attempts: 1, last_error: 'it answers 500' });
    receiver.behave(answer(200));
    const taken = await enqueue(fresh.database, channel, 'test-2', notice({ kind: 'test', dedup_key: TEST_DEDUP_KEY }));
    await round();
    expect(await read(taken)).toMatchObject({ state: 'delivered' });
    expect(await health(channel)).toMatchObject({ circuit: 'closed' });
  });

  it('is told which request asked for it', async () => {
    const delivery = await inRequest('mine-1', async () => enqueue(fresh.database, await hook(), 'asked', notice()));
    expect(await round()).toEqual([{ delivery, attempts: 0, request_id: 'mine-1' }]);
  });

  it('is sent no more than its rate, over all workers', async () => {
    const channel = await hook({}, { rate: 60 });
    for (let n = 0; n < 20; n++) await enqueue(fresh.database, channel, `${n}`, notice({ dedup_key: `${n}` }));
    const sent: number[] = [];
    for (let second = 0; second < 5; second++) {
      await Promise.all([round(), round(), round()]);
      sent.push(receiver.received.length);
      now += 1_000;
    }
    expect(sent).toEqual([5, 6, 7, 8, 9]);
  });

  it('that hangs holds up no other', async () => {
    const slow = await hook();
    for (let n = 0; n < 30; n++) await enqueue(fresh.database, slow, `slow-${n}`, notice({ dedup_key: `slow-${n}` }));
    const held = await claimDue(fresh.database, now);
    expect(held.length).toBeLessThanOrEqual(8);
    const other = await enqueue(fresh.database, await hook(), 'other', notice());
    expect(await round()).toEqual([{ delivery: other, attempts: 0, request_id: null }]);
  });
});
