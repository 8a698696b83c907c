import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_BODY_BYTES } from './read-body.ts';
import { event, ScriptedLog, sendTo, startTestGateway, type Answer, type Sending, type TestGateway } from './testing.ts';

let log: ScriptedLog;
let gateway: TestGateway;

beforeEach(async () => {
  log = new ScriptedLog();
  gateway = await startTestGateway(log);
});
afterEach(async () => {
  log.release();
  await gateway.stop();
});

function send(sending: Sending): Promise<Answer> {
  return sendTo(gateway.url, sending);
}

describe('a log that is away', () => {
  it('answers 503 with Retry-After, and takes events again when it is back', async () => {
    log.mode = 'away';
    const body = JSON.stringify(event());
    for (let attempt = 0; attempt < 2; attempt++) {
      const answer = await send({ body });
      expect(answer).toMatchObject({ status: 503, body: { type: 'urn:fleetbeat:problem:log-unavailable' } });
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect((await send({ method: 'GET', path: '/ready' })).status).toBe(503);
    expect((await send({ method: 'GET', path: '/health' })).status).toBe(200);
    expect(await gateway.metric('fleetbeat_ingest_log_available')).toBe(0);
    log.mode = 'take';
    await expect.poll(async () => (await send({ body })).status).toBe(200);
    expect((await send({ method: 'GET', path: '/ready' })).status).toBe(200);
  });

  it('is waited for at the start', async () => {
    const late = new ScriptedLog();
    late.mode = 'away';
    const early = await startTestGateway(late);
    expect((await fetch(`${early.url}/ready`)).status).toBe(503);
    late.mode = 'take';
    await expect.poll(async () => (await fetch(`${early.url}/ready`)).status).toBe(200);
    await early.stop();
  });

  it('answers 500 for a failure that is none of the log, without a word about it', async () => {
    log.mode = 'broken';
    const answer = await send({ body: JSON.stringify(event()) });
    expect(answer.status).toBe(500);
    expect(JSON.stringify(answer.body)).not.toContain('a bug');
    expect((await send({ method: 'GET', path: '/ready' })).status).toBe(200);
  });

  it('holds no more than its budget while the log is slow: 429 to who sends too much, 503 when full', async () => {
    log.mode = 'hang';
    const body = `${JSON.stringify(event())}\n${' '.repeat(MAX_BODY_BYTES - 200)}`;
    const headers = { 'content-type': 'application/x-ndjson' };
    const under: Promise<Answer>[] = [];
    for (const localAddress of ['127.0.0.1', '127.0.0.2']) {
      for (let n = 0; n < 4; n++) under.push(send({ body, headers, localAddress }));
      await expect.poll(() => log.hanging, { timeout: 10_000 }).toBe(under.length);
      if (localAddress === '127.0.0.1') {
        const share = await send({ body, headers, localAddress });
        expect(share).toMatchObject({ status: 429, body: { type: 'urn:fleetbeat:problem:too-many-bytes' } });
        expect(share.headers['retry-after']).toBe('1');
      }
    }
    const full = await send({ body, headers, localAddress: '127.0.0.3' });
    expect(full).toMatchObject({ status: 503, body: { type: 'urn:fleetbeat:problem:too-busy' } });
    expect(full.headers['retry-after']).toBe('1');
    expect(await gateway.metric('fleetbeat_ingest_in_flight_bytes')).toBeLessThanOrEqual(64 * 2 ** 20);
    log.release();
    for (const answer of await Promise.all(under)) expect(answer.status).toBe(200);
    await expect.poll(() => gateway.metric('fleetbeat_ingest_in_flight_bytes')).toBe(0);
  });
});

describe('connections', () => {
  it('give their bytes back when the sender goes away in the middle of a body', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.write(
      'POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n[{"a":',
    );
    await expect.poll(() => gateway.metric('fleetbeat_ingest_in_flight_bytes')).toBe(1_000_000);
    socket.destroy();
    await expect.poll(() => gateway.metric('fleetbeat_ingest_in_flight_bytes')).toBe(0);
    expect((await send({ body: JSON.stringify(event()) })).status).toBe(200);
  });

  it('may be used again after a refused body', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const statuses: unknown[] = [];
    for (const [path, body] of [
      ['/nowhere', 'x'.repeat(300_000)],
      ['/v1/events', '[]'],
    ] as const) {
      statuses.push(
        await new Promise((resolve, reject) => {
          const headers = { 'content-type': 'application/json' };
          const outgoing = httpRequest(`${gateway.url}${path}`, { method: 'POST', headers, agent }, (incoming) => {
            incoming.resume().on('end', () => resolve(incoming.statusCode));
          });
          outgoing.on('error', reject).end(body);
        }),
      );
    }
    agent.destroy();
    expect(statuses).toEqual([404, 200]);
  });

  it('that never sent a request do not hold up a stop', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    const closed = new Promise((resolve) => socket.on('close', resolve).on('error', () => undefined));
    await new Promise((resolve) => socket.on('connect', resolve));
    await send({ method: 'GET', path: '/health' });
    const start = performance.now();
    await gateway.stop();
    await closed;
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it('finish what is under way at a stop, and take nothing new', async () => {
    log.mode = 'hang';
    const underWay = send({ body: JSON.stringify(event()) });
    await expect.poll(() => log.hanging).toBe(1);
    const stopped = gateway.stop();
    await expect
      .poll(() =>
        send({ method: 'GET', path: '/health' }).then(
          () => 'answered',
          () => 'refused',
        ),
      )
      .toBe('refused');
    log.release();
    expect((await underWay).status).toBe(200);
    await stopped;
  });
});
