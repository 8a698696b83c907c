import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_AHEAD_MS, MAX_EVENT_BYTES, MAX_LATENESS_MS, MAX_NESTING, type EventTopic } from '@fleetbeat/contracts/events.ts';
import { decodeBody, MAX_EVENTS_PER_REQUEST, type DecodedBody, type DecodeOptions } from './decode-body.ts';

const NOW = 1_767_225_600_000;
const MADE_ID = '019b7e2e-0c00-7000-8000-000000000000';

const options: DecodeOptions = {
  format: 'json',
  receivedAt: NOW,
  partitionOf: (_topic, key) => key.length % 4,
  makeId: () => MADE_ID,
};

async function decode(body: string | Buffer, changes: Partial<DecodeOptions> = {}): Promise<DecodedBody> {
  const decoded = await decodeBody(Buffer.from(body), { ...options, ...changes });
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded;
}

function lines(decoded: DecodedBody): string[] {
  return decoded.records.flatMap(linesOf);
}

function linesOf(record: { readonly value: Uint8Array }): string[] {
  return Buffer.from(record.value).toString().split('\n');
}

const good = '{"id":"e1","ts":1767225600000,"agent_id":"a1","message_type":"user_message"}';

describe('good events', () => {
  it('pass through as the bytes that came', async () => {
    const odd = '{ "id":"e2" ,"ts":1.7672256e12,"agent_id":"\\u00e41","message_type":"error","x":1.50,"x":"ä😀\\n" }';
    const decoded = await decode(`[${good}, ${odd}]`);
    expect(decoded).toMatchObject({ accepted: 2, rejected: [], ids: [] });
    expect(lines(decoded)).toEqual([good, odd]);
  });

  it('are one record for each partition, with the key where all events share it', async () => {
    const event = (agent: string) => `{"id":"e","ts":${NOW},"agent_id":"${agent}","message_type":"heartbeat"}`;
    const host = `{"id":"h","ts":${NOW},"host_id":"h1","cpu_usage":1,"memory_usage":2,"disk_usage":3,"uptime":4}`;
    const task = `{"id":"t","ts":${NOW},"task_id":"t1","status":"in-progress"}`;
    const { records } = await decode(`[${[event('a'), event('b'), host, event('cc'), task, event('cc')].join()}]`);
    expect(records.map(({ topic, partition, key, count }) => ({ topic, partition, key, count }))).toEqual([
      { topic: 'agent-events', partition: 1, key: null, count: 2 },
      { topic: 'host-events', partition: 2, key: 'h1', count: 1 },
      { topic: 'agent-events', partition: 2, key: 'cc', count: 2 },
      { topic: 'task-events', partition: 2, key: 't1', count: 1 },
    ]);
    expect(records.map((record) => Buffer.from(record.value).toString())).toEqual([
      `${event('a')}\n${event('b')}`,
      host,
      `${event('cc')}\n${event('cc')}`,
      task,
    ]);
  });

  it('get what they lack in front, and the made ids are told', async () => {
    const decoded = await decode('[{"agent_id":"a1","message_type":"feedback"}, {"message_type":"error","id":"x","ts":5e0}]', {
      receivedAt: 7,
      agentId: 'a1',
    });
    expect(lines(decoded)).toEqual([
      `{"id":"${MADE_ID}","ts":7,"agent_id":"a1","message_type":"feedback"}`,
      '{"agent_id":"a1","message_type":"error","id":"x","ts":5e0}',
    ]);
    expect(decoded.ids).toEqual([{ index: 0, id: MADE_ID }]);
  });

  it('keep a timestamp instead of getting a ts', async () => {
    const event = '{"id":"e1","timestamp":"2026-01-01T01:00:00+01:00","agent_id":"a1","message_type":"error"}';
    expect(lines(await decode(event))).toEqual([event]);
  });

  it('take an agent id from the path that needs escapes and more than a byte a character', async () => {
    const agentId = 'ä"\\😀';
    const decoded = await decode(`[{"message_type":"error","ts":${NOW}},${'{"message_type":"error","id":"b"}'}]`, { agentId });
    expect(lines(decoded).map((line) => JSON.parse(line) as unknown)).toEqual([
      { id: MADE_ID, agent_id: agentId, message_type: 'error', ts: NOW },
      { id: 'b', ts: NOW, agent_id: agentId, message_type: 'error' },
    ]);
  });

  it('that are pretty-printed become one line each', async () => {
    const events = [
      { id: 'e1', ts: NOW, agent_id: 'a1', message_type: 'error', error_details: { text: 'two\nlines', list: [1, 2] } },
      { agent_id: 'a1', message_type: 'error', content: '\r\n' },
    ];
    const decoded = await decode(JSON.stringify(events, null, 2).replaceAll('\n', '\r\n'));
    expect(lines(decoded).map((line) => JSON.parse(line) as unknown)).toEqual([
      events[0],
      { ...events[1], id: MADE_ID, ts: NOW },
    ]);
  });

  it('are split over records that stay well below what a broker takes', async () => {
    const big = (id: number) =>
      `{"id":"${id}","ts":${NOW},"agent_id":"a1","message_type":"error","content":"${'x'.repeat(200_000)}"}`;
    const events = [1, 2, 3, 4, 5].map(big);
    const { records } = await decode(events.join('\n'));
    expect(records.map((record) => record.count)).toEqual([2, 2, 1]);
    expect(Math.max(...records.map((record) => record.value.length))).toBeLessThan(800_000);
    expect(records.map((record) => Buffer.from(record.value).toString()).join('\n')).toBe(events.join('\n'));
  });

  it('of any content come out as the same values, whatever is missing and however they are formatted', async () => {
    const anyEvent = fc.record(
      {
        id: fc.uuid(),
        ts: fc.integer({ min: NOW - MAX_LATENESS_MS, max: NOW + MAX_AHEAD_MS }),
        agent_id: fc.stringMatching(/^[a-zä]{1,12}$/),
        message_type: fc.constantFrom('user_message', 'heartbeat', 'error'),
        anything: fc.jsonValue({ maxDepth: 3 }),
      },
      { requiredKeys: ['agent_id', 'message_type'] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvent, { minLength: 1, maxLength: 20 }), fc.constantFrom(0, 2), async (events, indent) => {
        const decoded = await decode(JSON.stringify(events, null, indent));
        expect(decoded.rejected).toEqual([]);
        // Records are by partition; within one the order is that of the request.
        const sent = [0, 1, 2, 3].flatMap((partition) => events.filter((event) => event.agent_id.length % 4 === partition));
        const inOrder = decoded.records.toSorted((a, b) => a.partition - b.partition).flatMap(linesOf);
        expect(inOrder.map((line) => JSON.parse(line) as unknown)).toEqual(
          sent.map((event) => JSON.parse(JSON.stringify({ id: MADE_ID, ts: NOW, ...event })) as unknown),
        );
      }),
    );
  });
});

describe('bad events', () => {
  const at = (ts: number) => `{"agent_id":"a1","message_type":"error","ts":${ts}}`;
  const deep = '{"agent_id":"a1","message_type":"error","x":' + '['.repeat(MAX_NESTING) + ']'.repeat(MAX_NESTING) + '}';

  it.each<[string, string, string, RegExp]>([
    ['malformed JSON', '{"agent_id":"a1",}', 'malformed_json', /JSON/],
    ['an empty element', '', 'malformed_json', /JSON/],
    ['NaN', '{"agent_id":"a1","message_type":"agent_response","response_time_ms":NaN}', 'not_a_number', /NaN/],
    ['Infinity', '{"agent_id":"a1","message_type":"agent_response","cost_usd":-Infinity}', 'not_a_number', /Infinity/],
    ['a number beyond every double', '{"agent_id":"a1","message_type":"error","cost_usd":1e999}', 'invalid_field', /cost_usd/],
    ['null', 'null', 'not_an_object', /object/],
    ['an array', '[]', 'not_an_object', /object/],
    ['no kind', '{"content":"x"}', 'unknown_kind', /message_type/],
    ['an unknown message type', '{"agent_id":"a1","message_type":"chat"}', 'invalid_field', /message_type/],
    ['no message type', '{"agent_id":"a1"}', 'invalid_field', /message_type/],
    ['no agent id', '{"message_type":"error"}', 'missing_agent_id', /agent_id is missing/],
    ['no host id but an agent id of null', '{"message_type":"error","agent_id":null}', 'invalid_agent_id', /agent_id/],
    ['an empty agent id', '{"message_type":"error","agent_id":""}', 'invalid_agent_id', /empty/],
    ['an agent id of blanks', '{"message_type":"error","agent_id":"   "}', 'invalid_agent_id', /visible/],
    ['an agent id without a shape', '{"message_type":"error","agent_id":"\u200b"}', 'invalid_agent_id', /visible/],
    ['an agent id of 10 kB', `{"message_type":"error","agent_id":"${'x'.repeat(10_000)}"}`, 'invalid_agent_id', /256/],
    ['an agent id with a control character', '{"message_type":"error","agent_id":"a\\u0000"}', 'invalid_agent_id', /control/],
    ['a task id that is no string', '{"task_id":7,"status":"pending"}', 'invalid_task_id', /task_id/],
    ['a host id that is no string', '{"host_id":{},"cpu_usage":1}', 'invalid_host_id', /host_id/],
    ['a wrong type', '{"agent_id":"a1","message_type":"error","input_tokens":"12"}', 'invalid_field', /input_tokens/],
    ['an id of null', '{"agent_id":"a1","message_type":"error","id":null}', 'invalid_field', /^id:/],
    ['a ts of null', '{"agent_id":"a1","message_type":"error","ts":null}', 'invalid_field', /^ts:/],
    ['a timestamp that is none', '{"agent_id":"a1","message_type":"error","timestamp":"today"}', 'invalid_field', /^timestamp:/],
    ['a ts years back', at(NOW - 3 * 365 * 86_400_000), 'ts_too_old', /24 hours before/],
    ['a ts just too old', at(NOW - MAX_LATENESS_MS - 1), 'ts_too_old', /24 hours before/],
    ['a ts in seconds', at(NOW / 1_000), 'ts_too_old', /1970/],
    ['a ts just too far ahead', at(NOW + MAX_AHEAD_MS + 1), 'ts_too_far_ahead', /5 minutes after/],
    ['a ts beyond the calendar', at(1e300), 'ts_too_far_ahead', /1e\+300/],
    ['deep nesting', deep, 'nested_too_deep', /32/],
    [
      'too many bytes',
      `{"agent_id":"a1","message_type":"error","content":"${'x'.repeat(MAX_EVENT_BYTES)}"}`,
      'event_too_large',
      /262144/,
    ],
  ])('%s', async (_, event, code, reason) => {
    const decoded = await decode(`[${good},${event},${good}]`);
    expect(decoded.rejected).toEqual([{ index: 1, code, reason: expect.stringMatching(reason) as string }]);
    expect(decoded.accepted).toBe(2);
    expect(lines(decoded)).toEqual([good, good]);
    expect(decoded.rejected[0]?.reason.length).toBeLessThan(310);
  });

  it('with invalid UTF-8 are refused alone', async () => {
    const bad = Buffer.concat([
      Buffer.from('{"agent_id":"a'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('","message_type":"error"}'),
    ]);
    const body = Buffer.concat([Buffer.from(`${good}\n`), bad, Buffer.from(`\n${good}`)]);
    const decoded = await decode(body, { format: 'ndjson' });
    expect(decoded.rejected).toEqual([{ index: 1, code: 'invalid_utf8', reason: 'is not valid UTF-8' }]);
    expect(lines(decoded)).toEqual([good, good]);
  });

  it('that name another agent than the path', async () => {
    const decoded = await decode(`[${good}]`, { agentId: 'a2' });
    expect(decoded.rejected).toEqual([expect.objectContaining({ index: 0, code: 'agent_id_mismatch' })]);
  });

  it('take nothing from a key named __proto__', async () => {
    const event = '{"__proto__":{"agent_id":"a1","message_type":"error"}}';
    expect((await decode(event)).rejected).toEqual([expect.objectContaining({ code: 'unknown_kind' })]);
  });

  it('never make the decoder throw', async () => {
    const mutated = fc
      .tuple(fc.constantFrom(good, deep), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }))
      .map(([text, changes]) => {
        const bytes = Buffer.from(`[${text},${text}]`);
        for (const [position, byte] of changes) bytes[position % bytes.length] = byte;
        return bytes;
      });
    await fc.assert(
      fc.asyncProperty(mutated, fc.constantFrom('json' as const, 'ndjson' as const), async (body, format) => {
        const decoded = await decodeBody(body, { ...options, format });
        if (!decoded.ok) return;
        expect(decoded.accepted).toBe(decoded.records.reduce((sum, record) => sum + record.count, 0));
        for (const line of lines(decoded)) if (decoded.accepted > 0) JSON.parse(line);
      }),
      { numRuns: 1_000 },
    );
  });
});

it('refuses a body with too many events whole', async () => {
  const body = Buffer.from(`[${'1,'.repeat(MAX_EVENTS_PER_REQUEST)}1]`);
  expect(await decodeBody(body, options)).toMatchObject({ ok: false, code: 'too_many_events' });
});

it('lets others run while it works on a large body', async () => {
  const body = Buffer.from(`[${Array.from({ length: 20_000 }, () => good).join()}]`);
  let turns = 0;
  const others = setInterval(() => turns++, 0);
  const decoded = await decode(body);
  clearInterval(others);
  expect(decoded.accepted).toBe(20_000);
  expect(turns).toBeGreaterThan(2);
});

it('knows every event topic', async () => {
  const seen: EventTopic[] = [];
  await decode(
    `[${good},{"task_id":"t","status":"failed"},{"host_id":"h","cpu_usage":1,"memory_usage":1,"disk_usage":1,"uptime":1}]`,
    {
      partitionOf: (topic) => {
        seen.push(topic);
        return 0;
      },
    },
  );
  expect(seen).toEqual(['agent-events', 'task-events', 'host-events']);
});
