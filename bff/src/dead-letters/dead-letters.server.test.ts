import type { List, Problem, ReplayedLetter, ReplayedLetters, DeadLetter, WholeDeadLetter } from '@fleetbeat/contracts/api.ts';
import { partitionOf } from '@fleetbeat/infra/event-log/murmur2.ts';
import type { Subscription } from '@fleetbeat/infra/event-log/event-log.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addDeadLetter, addSource } from '../testing/fill.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

const DAY = 24 * 3_600_000;

let bff: TestBff;
let source: number;
let tail: Subscription;
/** Events that reached the log, with the partition's key. */
const appended: { key: string | null; event: Record<string, unknown> }[] = [];
/** And the requests that brought them. */
const requests: (string | undefined)[] = [];

beforeAll(async () => {
  bff = await startTestBff();
  source = await addSource(bff.database, 'agent-events', 0, 1);
  tail = await bff.eventLog.tail('agent-events', (records) => {
    for (const { key, value, requestId } of records) {
      requests.push(requestId);
      appended.push({ key, event: JSON.parse(value.toString('utf8')) as Record<string, unknown> });
    }
  });
});
afterAll(async () => {
  await tail.stop();
  await bff.stop();
});
beforeEach(async () => {
  appended.length = 0;
  requests.length = 0;
  await bff.database.query('delete from dead_letters');
});

async function letter(offset: number, payload: Buffer | string | object, appendedAt = Date.now()): Promise<string> {
  const bytes =
    typeof payload === 'string' || Buffer.isBuffer(payload) ? Buffer.from(payload) : Buffer.from(JSON.stringify(payload));
  await addDeadLetter(bff.database, source, offset, appendedAt, bytes);
  return `${source}-${offset}-0`;
}

async function post<T>(path: string, body?: unknown, key = bff.key): Promise<{ status: number; answer: T & Problem }> {
  const response = await fetch(`${bff.url}/api/v1/dead-letters/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, answer: (await response.json()) as T & Problem };
}

const codeOf = ({ status, answer }: { status: number; answer: Problem }) => [status, answer.type?.split(':').at(-1)];
const reached = async (count: number) => expect.poll(() => appended.length, { timeout: 10_000 }).toBe(count);

const VALID = { agent_id: 'agent-1', message_type: 'tool_call' };

describe('one dead letter', () => {
  it('is read with all its bytes, in base64 where they are no text', async () => {
    const long = `{"content": "${'ä'.repeat(9_000)}"}`;
    const find = async (id: string) => (await (await bff.get(`/dead-letters/${id}`)).json()) as WholeDeadLetter;
    const id = await letter(1, long);
    expect(await find(id)).toMatchObject({ id, offset: 1, payload: long, encoding: 'utf8', replayed_at: null });
    const bytes = Buffer.from([0x7b, 0xff, 0x00]);
    expect(await find(await letter(2, bytes))).toMatchObject({ payload: bytes.toString('base64'), encoding: 'base64' });
    for (const unknown of [`${source}-99-0`, '99999-1-0', '1-999999999999999-0']) {
      expect([unknown, (await bff.get(`/dead-letters/${unknown}`)).status]).toEqual([unknown, 404]);
      expect(codeOf(await post(`${unknown}/replay`))).toEqual([404, 'unknown-dead-letter']);
    }
    expect((await bff.get('/dead-letters/nonsense')).status).toBe(400);
  });

  it('is replayed under an id and a time of its own, and no second time unasked', async () => {
    const came = Date.now() - 60_000;
    const id = await letter(1, VALID, came);
    const { status, answer } = await post<ReplayedLetter>(`${id}/replay`);
    const partition = partitionOf('agent-1', await bff.eventLog.partitionCount('agent-events'));
    expect([status, answer]).toEqual([
      200,
      { id, topic: 'agent-events', partition, event_id: `dead-letter-${id}`, replayed_at: expect.any(Number) },
    ]);
    await reached(1);
    expect(appended[0]).toEqual({ key: 'agent-1', event: { ...VALID, id: `dead-letter-${id}`, ts: came } });
    const { items } = (await (await bff.get('/dead-letters')).json()) as List<DeadLetter>;
    expect(items[0]?.replayed_at).toBe(answer.replayed_at);

    expect(codeOf(await post(`${id}/replay`))).toEqual([409, 'already-replayed']);
    const again = await post<ReplayedLetter>(`${id}/replay?again=true`);
    expect([again.status, again.answer.event_id]).toEqual([200, `dead-letter-${id}`]);
    await reached(2);
  });

  it('says which request brought it, and is replayed on behalf of the one that asks', async () => {
    const id = await letter(1, VALID);
    await bff.database.query(`update dead_letters set request_id = 'first'`);
    expect(await (await bff.get(`/dead-letters/${id}`)).json()).toMatchObject({ request_id: 'first' });
    const headers = { authorization: `Bearer ${bff.key}`, 'content-type': 'application/json', 'x-request-id': 'second' };
    await fetch(`${bff.url}/api/v1/dead-letters/${id}/replay`, { method: 'POST', headers, body: '{}' });
    await reached(1);
    expect(requests).toEqual(['second']);
  });

  it('is replayed once by however many ask at the same time', async () => {
    const id = await letter(1, VALID);
    const answers = await Promise.all(Array.from({ length: 6 }, () => post(`${id}/replay`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
    await reached(1);
  });

  it('is replayed as corrected', async () => {
    const id = await letter(1, Buffer.from([0xff]));
    expect(codeOf(await post(`${id}/replay`))).toEqual([422, 'not-valid']);
    expect(codeOf(await post(`${id}/replay`, { event: { ...VALID, message_type: 'poem' } }))).toEqual([422, 'not-valid']);
    expect(codeOf(await post(`${id}/replay`, { event: 7 }))).toEqual([400, 'invalid-body']);
    const { status, answer } = await post<ReplayedLetter>(`${id}/replay`, { event: { ...VALID, id: 'mine', agent_id: 'b' } });
    expect([status, answer.event_id]).toEqual([200, 'mine']);
    await reached(1);
    expect(appended[0]).toMatchObject({ key: 'b', event: { id: 'mine', agent_id: 'b' } });
  });

  it('whose time is too old is refused as what it is, and stays', async () => {
    const id = await letter(1, { ...VALID, ts: Date.now() - DAY - 60_000 });
    const refused = await post(`${id}/replay`);
    expect(codeOf(refused)).toEqual([409, 'time-out-of-range']);
    expect(refused.answer.detail).toContain('more than 24 hours');
    expect(codeOf(await post(`${await letter(2, VALID, Date.now() - DAY - 1_000)}/replay`))).toEqual([409, 'time-out-of-range']);
    expect((await post(`${id}/replay`, { event: { ...VALID, ts: Date.now() } })).status).toBe(200);
    await reached(1);
  });

  it('is not replayed by whoever may only read', async () => {
    const readKey = await bff.makeKey(['read']);
    const operateKey = await bff.makeKey(['operate']);
    const id = await letter(1, VALID);
    expect((await post(`${id}/replay`, undefined, readKey)).status).toBe(403);
    expect((await post('replay', {}, readKey)).status).toBe(403);
    expect((await post(`${id}/replay`, undefined, operateKey)).status).toBe(200);
    await reached(1);
  });

  it('stays unmarked where the log does not take it', async () => {
    const id = await letter(1, VALID);
    const parameters = '(integer[], integer[], integer[], integer[], integer[], boolean[], text[], bytea)';
    await bff.database.query(`alter function log_append${parameters} rename to log_append_away`);
    try {
      expect((await post(`${id}/replay`)).status).toBeGreaterThanOrEqual(500);
    } finally {
      await bff.database.query('alter function log_append_away rename to log_append');
    }
    const { rows } = await bff.database.query('select replayed_at from dead_letters');
    expect(rows).toEqual([{ replayed_at: null }]);
    expect((await post(`${id}/replay`)).status).toBe(200);
    await reached(1);
  });
});

describe('many dead letters', () => {
  it('are replayed where they are valid by now, the others are told', async () => {
    const came = Date.now() - 1_000;
    for (let n = 0; n < 250; n++) await letter(n, n % 5 === 0 ? 'no json' : { ...VALID, agent_id: `agent-${n}` }, came + n);
    const { status, answer } = await post<ReplayedLetters>('replay', { limit: 150 });
    expect([status, answer.replayed]).toEqual([200, 150]);
    expect(answer.refusals[0]).toEqual({ id: `${source}-0-0`, reason: 'is not a JSON object' });
    expect(answer.next_cursor).not.toBeNull();
    const rest = await post<ReplayedLetters>('replay', { limit: 1_000, cursor: answer.next_cursor });
    expect(rest.answer).toMatchObject({ replayed: 50, next_cursor: null });
    expect(answer.refused + rest.answer.refused).toBe(50);
    await reached(200);
    expect(new Set(appended.map(({ event }) => event['id'])).size).toBe(200);
    expect((await post<ReplayedLetters>('replay', {})).answer).toMatchObject({ replayed: 0, refused: 50, next_cursor: null });
  });

  it('are chosen by code and topic, and asked for properly', async () => {
    await letter(1, VALID);
    expect((await post<ReplayedLetters>('replay', { code: 'not_json' })).answer.replayed).toBe(0);
    expect((await post<ReplayedLetters>('replay', { topic: 'task-events' })).answer.replayed).toBe(0);
    expect(codeOf(await post('replay', { limit: 0 }))).toEqual([400, 'invalid-body']);
    expect(codeOf(await post('replay', { cursor: 'abc' }))).toEqual([400, 'bad-cursor']);
    expect((await post<ReplayedLetters>('replay', { code: 'malformed-json', topic: 'agent-events' })).answer.replayed).toBe(1);
  });
});
