import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WRONG_KEYS_A_MINUTE } from '@fleetbeat/infra/access/wrong-keys.ts';
import { MAX_BODY_BYTES, MAX_UNPACKED_BYTES } from './read-body.ts';
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

/** Members that each unpack to more than they seem to; less than 64 KiB in all. */
function smallBomb(): Buffer {
  const member = gzipSync(Buffer.alloc(2 ** 22, ' '));
  return Buffer.concat(Array.from({ length: 9 }, () => member));
}

function noise(): Buffer {
  return gzipSync(randomBytes(100_000));
}

describe('taking events', () => {
  it('answers 200 once they are in the log, byte for byte', async () => {
    const events = [event(), event({ id: 'e2', content: 'größer' })];
    const answer = await send({ body: JSON.stringify(events) });
    expect(answer).toMatchObject({ status: 200, body: { accepted: 2, rejected: [], ids: [] } });
    expect(log.events()).toEqual(events.map((one) => JSON.stringify(one)));
    expect(await gateway.metric('fleetbeat_ingest_events_accepted_total{topic="agent-events"}')).toBe(2);
  });

  it('does not answer before the log has them', async () => {
    log.mode = 'hang';
    let answered = false;
    const answer = send({ body: JSON.stringify(event()) }).finally(() => (answered = true));
    await expect.poll(() => log.hanging).toBe(1);
    expect(answered).toBe(false);
    log.release();
    expect((await answer).status).toBe(200);
  });

  it('takes gzip, also in several members and pieces', async () => {
    const [first, second] = [JSON.stringify(event()), JSON.stringify(event({ id: 'e2' }))];
    const packed = Buffer.concat([gzipSync(`${first}\n`), gzipSync(second)]);
    const headers = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' };
    const answer = await send({ headers, body: [packed.subarray(0, 20), packed.subarray(20)] });
    expect(answer).toMatchObject({ status: 200, body: { accepted: 2 } });
    expect(log.events()).toEqual([first, second]);
  });

  it('takes a small gzip that unpacks to much', async () => {
    const text = JSON.stringify(event({ content: 'x'.repeat(200_000) }));
    const body = gzipSync(Array.from({ length: 10 }, () => text).join('\n'));
    expect(body.length).toBeLessThan(64 * 1024);
    const headers = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' };
    expect(await send({ headers, body })).toMatchObject({ status: 200, body: { accepted: 10 } });
    expect(await gateway.metric('fleetbeat_ingest_body_bytes_total')).toBe(10 * text.length + 9);
  });

  it('puts the agent of the path into events that lack it', async () => {
    const answer = await send({
      path: '/api/v1/agents/a%2F1/events',
      body: '{"message_type":"error","id":"x","ts":' + Date.now() + '}',
    });
    expect(answer.status).toBe(200);
    expect(JSON.parse(log.events()[0] ?? '')).toMatchObject({ agent_id: 'a/1', id: 'x' });
  });

  it('tells the ids it made', async () => {
    const answer = await send({ body: '[{"agent_id":"a1","message_type":"error"}]' });
    const [made] = answer.body['ids'] as { index: number; id: string }[];
    expect(made?.index).toBe(0);
    expect(JSON.parse(log.events()[0] ?? '')).toMatchObject({ id: made?.id });
  });

  it('keeps the good events of a batch: 207 with index and reason of the others', async () => {
    const body = `[${JSON.stringify(event())},{"agent_id":"a1"},{"x":NaN}]`;
    const answer = await send({ body });
    expect(answer.status).toBe(207);
    expect(answer.body).toMatchObject({
      accepted: 1,
      rejected: [
        { index: 1, code: 'invalid_field' },
        { index: 2, code: 'not_a_number' },
      ],
    });
    expect(log.events()).toHaveLength(1);
    expect(await gateway.metric('fleetbeat_ingest_events_rejected_total{code="not_a_number"}')).toBe(1);
  });

  it('answers 400 with every reason where no event is good', async () => {
    const answer = await send({ body: '[{"message_type":"error"},7]', headers: { 'x-request-id': 'mine-1' } });
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.body).toMatchObject({
      type: 'urn:fleetbeat:problem:no-valid-event',
      request_id: 'mine-1',
      errors: [
        { index: 0, code: 'missing_agent_id' },
        { index: 1, code: 'not_an_object' },
      ],
    });
  });

  it('takes an empty array for what it is', async () => {
    expect(await send({ body: '[]' })).toMatchObject({ status: 200, body: { accepted: 0, rejected: [], ids: [] } });
  });
});

describe('the id of a request', () => {
  const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
  it.each<[string, Record<string, string>, string | RegExp]>([
    ['is the sender’s', { 'x-request-id': 'mine-1' }, 'mine-1'],
    ['is that of the sender’s trace', { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` }, TRACE],
    ['is made where none came', {}, /^[\da-f-]{36}$/],
  ])('%s, in the answer and in every record', async (_, headers, expected) => {
    const answer = await send({ headers, body: JSON.stringify([event(), event({ id: 'e2', agent_id: 'a2' })]) });
    const id = answer.headers['x-request-id'];
    expect(id).toMatch(expected);
    expect(log.records.flatMap(({ tick, requestId }) => (tick === true ? [] : [requestId]))).toEqual([id, id]);
  });
});

describe('refusing requests', () => {
  const big = Buffer.alloc(1024 * 1024, ' ');
  it.each<[string, Sending, number, string]>([
    ['an unknown path', { path: '/v1/event' }, 404, 'not-found'],
    ['a wrong method', { method: 'PUT' }, 405, 'method-not-allowed'],
    ['no content type that is known', { headers: { 'content-type': 'text/plain' } }, 415, 'unsupported-content-type'],
    ['a charset', { headers: { 'content-type': 'application/json; charset=utf-16' } }, 415, 'unsupported-charset'],
    ['an encoding', { headers: { 'content-encoding': 'br' } }, 415, 'unsupported-encoding'],
    ['broken JSON', { body: '[{"a":1}' }, 400, 'malformed-body'],
    ['no body', { body: '' }, 400, 'empty-body'],
    ['what is no gzip', { headers: { 'content-encoding': 'gzip' }, body: '[]' }, 400, 'malformed-gzip'],
    ['half a gzip', { headers: { 'content-encoding': 'gzip' }, body: gzipSync('[]').subarray(0, 15) }, 400, 'malformed-gzip'],
    ['a declared size', { body: Buffer.alloc(MAX_BODY_BYTES + 1, ' ') }, 413, 'body-too-large'],
    ['an undeclared size', { body: Array.from({ length: 9 }, () => big) }, 413, 'body-too-large'],
    ['too many events', { body: `[${'1,'.repeat(100_000)}1]` }, 413, 'too-many-events'],
    ['a small gzip bomb', { headers: { 'content-encoding': 'gzip' }, body: smallBomb() }, 413, 'body-too-large'],
    ['half a large gzip', { headers: { 'content-encoding': 'gzip' }, body: noise().subarray(0, 90_000) }, 400, 'malformed-gzip'],
    [
      'a gzip bomb',
      { headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(MAX_UNPACKED_BYTES + 1, ' ')) },
      413,
      'body-too-large',
    ],
    ['an agent id of 10 kB in the path', { path: `/api/v1/agents/${'x'.repeat(10_000)}/events` }, 400, 'invalid-agent-id'],
    ['an agent id of blanks', { path: '/api/v1/agents/%20%20/events' }, 400, 'invalid-agent-id'],
    ['an agent id that is not encoded', { path: '/api/v1/agents/%E0%A4%A/events' }, 400, 'invalid-agent-id'],
    ['a wrong key', { headers: { authorization: 'Bearer nobody-knows-this-key' } }, 401, 'unauthorized'],
    ['another scheme', { headers: { authorization: 'Basic YTpi' } }, 401, 'unauthorized'],
    ['a page in a browser', { headers: { origin: 'https://evil.example' }, body: '[]' }, 403, 'forbidden'],
    ['what a proxy passes on', { headers: { 'x-forwarded-for': '203.0.113.7' }, body: '[]' }, 401, 'unauthorized'],
    ['what another proxy passes on', { headers: { forwarded: 'for=203.0.113.7' }, body: '[]' }, 401, 'unauthorized'],
    ['a foreign host name', { headers: { host: 'evil.example:4318' }, body: '[]' }, 403, 'forbidden'],
  ])('%s', async (_, sending, status, code) => {
    const answer = await send(sending);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ type: `urn:fleetbeat:problem:${code}`, status });
    expect(answer.body['request_id']).toBe(answer.headers['x-request-id']);
    expect(await gateway.metric(`fleetbeat_ingest_requests_refused_total{code="${code}"}`)).toBe(1);
    expect(log.events()).toEqual([]);
    await expect.poll(() => gateway.metric('fleetbeat_ingest_in_flight_bytes')).toBe(0);
  });

  it('looks up no more keys of an address that guesses', async () => {
    const guess = (key: string) => send({ headers: { authorization: `Bearer ${key}` }, body: '[]' });
    for (let at = 0; at < WRONG_KEYS_A_MINUTE; at++) expect((await guess(`guess-${at}`)).status).toBe(401);
    const { status, headers, body } = await guess('one-more');
    expect([status, body['type']]).toEqual([429, 'urn:fleetbeat:problem:too-many-wrong-keys']);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  });

  it('tells guessers behind a proxy that is trusted apart', async () => {
    const behindProxy = await startTestGateway(log, { env: { TRUST_PROXY: '1' } });
    const guess = (address: string, key: string) => {
      const headers = { authorization: `Bearer ${key}`, 'x-forwarded-for': `198.51.100.9, ${address}` };
      return sendTo(behindProxy.url, { headers, body: '[]' });
    };
    for (let at = 0; at < WRONG_KEYS_A_MINUTE; at++) await guess('203.0.113.7', `guess-${at}`);
    expect((await guess('203.0.113.7', 'one-more')).status).toBe(429);
    expect((await guess('203.0.113.8', 'one-more')).status).toBe(401);
    await behindProxy.stop();
  });

  it('answers what is no HTTP', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () => socket.write('hello\r\n\r\n'));
      let received = '';
      socket.on('data', (chunk) => (received += chunk.toString()));
      socket.on('end', () => resolve(received)).on('error', reject);
    });
    expect(text).toMatch(/^HTTP\/1.1 400 /);
    expect(text).toContain('urn:fleetbeat:problem:malformed-request');
  });

  it('refuses before the body is sent where the sender waits to hear', async () => {
    const continued = vi.fn();
    const status = await new Promise((resolve, reject) => {
      const headers = { expect: '100-continue', authorization: 'Bearer wrong-wrong-wrong', 'content-type': 'application/json' };
      const outgoing = httpRequest(`${gateway.url}/v1/events`, { method: 'POST', headers, agent: false }, (incoming) => {
        resolve(incoming.statusCode);
        outgoing.destroy();
      });
      outgoing.on('continue', continued).on('error', reject).flushHeaders();
    });
    expect(status).toBe(401);
    expect(continued).not.toHaveBeenCalled();
  });

  it('asks for the body of a sender that waits to hear', async () => {
    const status = await new Promise((resolve, reject) => {
      const headers = { expect: '100-continue', 'content-type': 'application/json' };
      const outgoing = httpRequest(`${gateway.url}/v1/events`, { method: 'POST', headers, agent: false }, (incoming) => {
        incoming.resume();
        resolve(incoming.statusCode);
      });
      outgoing
        .on('continue', () => outgoing.end('[]'))
        .on('error', reject)
        .flushHeaders();
    });
    expect(status).toBe(200);
  });

  it('needs a key where others can reach it or the deployment is a cluster', async () => {
    for (const env of [{ HOST: '0.0.0.0' }, { KAFKA_BROKERS: 'localhost:9092' }]) {
      const guarded = await startTestGateway(new ScriptedLog(), { env });
      const answer = await fetch(guarded.url.replace('0.0.0.0', '127.0.0.1') + '/v1/events', { method: 'POST', body: '[]' });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      await guarded.stop();
    }
  });
});

it('ticks every partition each second', async () => {
  const ticks = () => log.records.filter((record) => record.tick === true);
  const before = ticks().length;
  await expect.poll(() => ticks().length, { timeout: 20_000 }).toBeGreaterThan(before);
  expect(new Set(ticks().map((tick) => `${tick.topic}/${tick.partition}`)).size).toBe(7);
  expect(ticks().every((tick) => tick.count === 0)).toBe(true);
});

it('serves its metrics', async () => {
  const answer = await send({ method: 'GET', path: '/metrics' });
  expect(answer.body['text']).toContain('fleetbeat_ingest_events_rejected_total{code="invalid_utf8",service="gateway"} 0');
});
