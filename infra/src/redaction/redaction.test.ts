import fc from 'fast-check';
import { EVENT_KINDS, EVENT_TOPICS, MAX_EVENT_BYTES, type EventTopic } from '@fleetbeat/contracts/events.ts';
import {
  DETECTORS,
  keptFields,
  NO_REDACTION,
  redactionSchema,
  REPLACEMENTS,
  type RedactionSettings,
} from '@fleetbeat/contracts/redaction.ts';
import { agentMessage, hostSample, taskEvent } from '@fleetbeat/contracts/testing.ts';
import { describe, expect, it, test } from 'vitest';
import { createRedaction } from './redaction.ts';

const SECRET = 'a secret of this test';
const settings = (some: Partial<RedactionSettings> = {}): RedactionSettings =>
  redactionSchema.parse({ ...NO_REDACTION, enabled: true, detectors: [...DETECTORS], ...some });
const redacted = (event: object, some: Partial<RedactionSettings> = {}, topic: EventTopic = 'agent-events') =>
  JSON.parse(createRedaction(settings(some), SECRET).event(topic, JSON.stringify(event)).text) as Record<string, unknown>;
const payload = (text: string, some: Partial<RedactionSettings> = {}) =>
  createRedaction(settings(some), SECRET).payload('agent-events', Buffer.from(text)).toString();

describe('an event', () => {
  it('has what was found replaced, wherever it stands, and the rest as it was', () => {
    const event = agentMessage({
      content: 'mail jane@x.com, card 4111 1111 1111 1111',
      metadata: { to: ['jane@x.com', { 'joe@x.com': 4111111111111111 }], password: 'hunter2', n: 7 },
      error_details: 'from 10.0.0.1',
      labels: { owner: 'jane@x.com' },
      user_id: 'jane@x.com',
      prompt: 'ssn 536-90-4399',
    });
    expect(redacted(event)).toEqual({
      ...event,
      content: 'mail [email], card [card]',
      metadata: { to: ['[email]', { '[email]': '[card]' }], password: '[redacted]', n: 7 },
      error_details: 'from [ip]',
      labels: { owner: '[email]' },
      prompt: 'ssn [ssn]',
    });
  });

  it('has equal values replaced by equal hashes, however they are written, and others by others', () => {
    const at = (content: string) => redacted(agentMessage({ content }), { replace: 'hash' })['content'];
    expect(at('4111 1111 1111 1111')).toBe(at('4111-1111-1111-1111'));
    expect(at('Jane@X.com')).toBe(at('jane@x.com'));
    expect(at('jane@x.com')).toMatch(/^\[email:[a-z]{12}\]$/);
    expect(at('jane@x.com')).not.toBe(at('joe@x.com'));
    const other = createRedaction(settings({ replace: 'hash' }), 'another secret');
    expect(JSON.parse(other.event('agent-events', '{"content":"jane@x.com"}').text)).not.toEqual({ content: at('jane@x.com') });
  });

  it('is looked at only where fields say', () => {
    const event = agentMessage({ content: 'a@b.cc', metadata: { user: { mail: 'a@b.cc', note: 'a@b.cc' }, mail: 'a@b.cc' } });
    expect(redacted(event, { fields: ['metadata.*.mail'] })).toEqual({
      ...event,
      metadata: { user: { mail: '[email]', note: 'a@b.cc' }, mail: 'a@b.cc' },
    });
  });

  it('loses what is left out, but never what it is counted by', () => {
    const event = agentMessage({
      content: 'x',
      metadata: { user: { a: 1, b: 2 } },
      labels: { owner: 'x', team: 'y' },
      cost_usd: 1,
    });
    const { content: _, ...rest } = event;
    expect(redacted(event, { drop: ['content', 'metadata.user.a', 'labels.owner'] })).toEqual({
      ...rest,
      metadata: { user: { b: 2 } },
      labels: { team: 'y' },
    });
    const { id, ts, agent_id, message_type, cost_usd } = event;
    expect(redacted(event, { drop: ['*'] })).toEqual({ id, ts, agent_id, message_type, cost_usd });
  });

  it('keeps nothing of a field that stands there twice, or is nested too deep', () => {
    const redaction = createRedaction(settings(), SECRET);
    expect(redaction.event('agent-events', '{"content":"jane@x.com","content":"fine"}').text).toBe('{"content":"fine"}');
    const deep = `{"metadata":${'['.repeat(50_000)}"jane@x.com"${']'.repeat(50_000)}}`;
    expect(redaction.event('agent-events', deep).text).not.toContain('jane');
  });

  it('keeps what it is counted by where marks would make it too large', () => {
    const event = agentMessage({ content: 'a@b.cc '.repeat(37_000), input_tokens: 3 });
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(MAX_EVENT_BYTES);
    const { content: _, ...rest } = event;
    expect(redacted(event, { replace: 'hash' })).toEqual(rest);
  });

  it('has no prototype put into it', () => {
    expect(createRedaction(settings(), SECRET).event('agent-events', '{"__proto__":{"x":"a@b.cc"}}').text).toBe(
      '{"__proto__":{"x":"[email]"}}',
    );
  });
});

describe('what is no event', () => {
  it('is looked through as text, escapes of letters too', () => {
    expect(payload('{"content":"jane@x.com", oops')).toBe('{"content":"[email]", oops');
    expect(payload('{"content":"jane\\u0040x.com", oops')).toBe('{"content":"[email]", oops');
    expect(payload('{"agent_id":7,"content":"jane@x.com"}')).toBe('{"agent_id":7,"content":"[email]"}');
    expect(payload('{"user_id":{"mail":"jane@x.com"}}')).toBe('{"user_id":{"mail":"[email]"}}');
  });
  it('is not kept at all where fields are left out: they cannot be found in it', () => {
    expect(payload('{"content":"private", oops', { drop: ['content'] })).not.toContain('private');
    expect(payload('{"agent_id":7,"content":"private"}', { drop: ['content'] })).toBe('{"agent_id":7}');
  });
  it('may be bytes of any kind', () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(' jane@x.com')]);
    const kept = createRedaction(settings(), SECRET).payload('agent-events', bytes);
    expect(kept).toEqual(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(' [email]')]));
  });
});

test.each(['agent_id', 'ts', 'user_id.x', 'cpu_usage', 'a b', 'a..b', 'a.**'])(
  '%s is no field to look at or to leave out',
  (path) => {
    expect(redactionSchema.safeParse({ ...NO_REDACTION, fields: [path] }).success).toBe(false);
    expect(redactionSchema.safeParse({ ...NO_REDACTION, drop: [path] }).success).toBe(false);
  },
);

const PLANTED = [
  'jane.doe@example.com',
  '4111 1111 1111 1111',
  'DE89 3704 0044 0532 0130 00',
  '203.0.113.9',
  '536-90-4399',
  '+14155552671',
  'AKIAIOSFODNN7EXAMPLE',
  'ABC-123456',
];
const glue = fc.constantFrom('', ' ', 'x', '1', '-', '@', '.', '[', ']', '[email]', '[redacted]', '"', '\\', '\n', 'ü', '😀');
const text = fc
  .array(fc.oneof(glue, fc.constantFrom(...PLANTED), fc.string({ maxLength: 8 })), { maxLength: 8 })
  .map((parts) => parts.join(''));
const around = fc.array(fc.oneof(glue, fc.string({ maxLength: 8 })), { maxLength: 6 }).map((parts) => parts.join(''));
const anySettings: fc.Arbitrary<Partial<RedactionSettings>> = fc.record({
  replace: fc.constantFrom(...REPLACEMENTS),
  detectors: fc.subarray([...DETECTORS]),
  patterns: fc.constantFrom<RedactionSettings['patterns']>(
    [],
    [{ name: 'badge', pattern: '[A-Z]{3}-\\d{6}' }],
    [{ name: 'e', pattern: 'e+|\\[|.@' }],
  ),
  fields: fc.constantFrom<string[]>(['*'], ['content', 'metadata.*'], []),
  drop: fc.constantFrom<string[]>([], ['metadata.x'], ['content']),
});
const free = fc
  .jsonValue({ maxDepth: 3 })
  .chain((value) => fc.oneof(fc.constant(value), text, fc.dictionary(text, text, { maxKeys: 3 })));
const FREE_OF: Record<EventTopic, fc.Arbitrary<object>> = {
  'agent-events': fc
    .record(
      {
        content: text,
        metadata: fc.dictionary(text, free, { maxKeys: 3 }),
        error_details: text,
        labels: fc.record({ owner: text.map((one) => one.slice(0, 256)) }),
        extra: free,
        user_id: fc.constant('jane@x.com'),
      },
      { requiredKeys: [] },
    )
    .map((fields) => agentMessage(fields)),
  'host-events': fc.record({ note: free }, { requiredKeys: [] }).map((fields) => hostSample(fields)),
  'task-events': fc
    .record({ name: text.map((one) => one.slice(0, 256)), description: text, error: text, result: free }, { requiredKeys: [] })
    .map((fields) => taskEvent(fields)),
};

test('a valid event stays valid, keeps what it is counted by, and is not changed by doing it again', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...EVENT_TOPICS).chain((topic) => fc.tuple(fc.constant(topic), FREE_OF[topic])),
      anySettings,
      ([topic, event], some) => {
        const redaction = createRedaction(settings(some), SECRET);
        const line = JSON.stringify(event);
        fc.pre(EVENT_KINDS[topic].schema.safeParse(JSON.parse(line)).success);
        const once = redaction.event(topic, line);
        const after = JSON.parse(once.text) as Record<string, unknown>;
        expect(EVENT_KINDS[topic].schema.safeParse(after).success).toBe(true);
        for (const field of keptFields(topic, after)) expect(after[field]).toEqual((event as Record<string, unknown>)[field]);
        expect(once.text).not.toMatch(/[\n\r]/);
        expect(redaction.event(topic, once.text).text).toBe(once.text);
      },
    ),
    { numRuns: 400 },
  );
});

test('nothing that was planted is left, in events and in what is none', () => {
  fc.assert(
    fc.property(
      around,
      fc.constantFrom(...PLANTED.slice(0, -1)),
      around,
      fc.constantFrom(...REPLACEMENTS),
      (before, planted, after, replace) => {
        const content = `${before} | ${planted} | ${after}`;
        const redaction = createRedaction(settings({ replace }), SECRET);
        const event = agentMessage({ content, metadata: { [content]: [content] }, other: content });
        for (const kept of [
          redaction.event('agent-events', JSON.stringify(event)).text,
          redaction.payload('agent-events', Buffer.from(content)).toString(),
        ]) {
          expect(kept).not.toContain(planted);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('anything at all is taken without an error, and doing it again changes nothing', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        text.map((one) => Buffer.from(one)),
        fc.json().map((one) => Buffer.from(one)),
      ),
      anySettings,
      (bytes, some) => {
        const redaction = createRedaction(settings(some), SECRET);
        const once = redaction.payload('agent-events', Buffer.from(bytes));
        expect(redaction.payload('agent-events', once).equals(once)).toBe(true);
      },
    ),
    { numRuns: 400 },
  );
});
