import { EVENT_SLACK_BYTES, MAX_EVENT_BYTES, MESSAGE_TYPES } from '@fleetbeat/contracts/events.ts';
import { FIELDS_LOOKED_AT } from '@fleetbeat/contracts/surely-valid.ts';
import type { LogRecord } from '@fleetbeat/infra/event-log/event-log.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeRecord } from './decode.ts';
import { HEARTBEAT, measured } from './measured.ts';
import { scanMessage } from './scan-message.ts';

const NOW = Date.UTC(2026, 5, 1, 12);

function recordOf(lines: string | Buffer): LogRecord {
  return { offset: 7, appendedAt: NOW, key: null, value: Buffer.from(lines), count: 1, tick: false };
}

/** What comes of a record: of events what they are known by and their measures, of dead letters the reason. */
function decoded(lines: string | Buffer): unknown[] {
  const found: unknown[] = [];
  decodeRecord(recordOf(lines), 'agent-events', {
    event: ({ key, identityHi, identityLo, ts, bytes, start, end, position }) => {
      const { userHi, userLo, ...others } = measured;
      const line = bytes.toString('utf8', start, end).trim();
      // A heartbeat has a type and a host, and leaves the rest as it was.
      const measures =
        measured.type === HEARTBEAT
          ? [HEARTBEAT, measured.hostId]
          : { ...others, user: measured.hasUser ? [userHi, userLo] : null };
      found.push({ key, identityHi, identityLo, ts, line, position, measures });
    },
    dead: ({ code, reason, payload, position }) =>
      found.push({ code, reason, payload: payload.toString('utf8').trim(), position }),
  });
  return found;
}

/** A line that begins with a blank is always parsed. */
function parsed(line: string | Buffer): unknown[] {
  return decoded(Buffer.concat([Buffer.from(' '), Buffer.from(line)]));
}

const ids = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[ !#-[\]-~]{1,30}$/) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      'x'.repeat(256),
      'x'.repeat(257),
      '\u007f',
      'a\nb',
      'ü',
      '\ud800',
      ' ',
      '   ',
      ' a',
      '\u00a0',
      'a"b',
      'a\\b',
    ),
  },
);
const texts = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"', '\\', '\\u0041', 'ü☃𝄞', '\u007f', 'a\r\nb\t'),
);
const amounts = fc.oneof(
  fc.nat({ max: 100_000 }),
  fc.double({ min: 0, max: 10_000, noNaN: true }),
  fc.constantFrom(0, -0, -1, 0.1, 1e9, 1e9 + 1, 86_400_000.5, -1_000, 999.999999999999, 9_007_199_254_740_993, 1e21, 5e-324),
);
const fields: Record<string, fc.Arbitrary<unknown>> = {
  ...Object.fromEntries(FIELDS_LOOKED_AT.map((name) => [name, name === 'id' || name.endsWith('_id') ? ids : amounts])),
  ts: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: NOW - 3_600_000, max: NOW }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(0, NOW + 0.5, NOW - 25 * 3_600_000, NOW - 24 * 3_600_000 - 60_000, NOW + 6 * 60_000),
    },
  ),
  message_type: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...MESSAGE_TYPES) },
    { weight: 1, arbitrary: fc.constantFrom('heartbeat', 'chat', '') },
  ),
  content: texts,
  model_used: ids,
  error_details: fc.oneof(texts, fc.constant({ code: 1 })),
  metadata: fc.constantFrom({}, { a: [1] }),
  timestamp: fc.constantFrom('2026-06-01T11:59:00Z', 'yesterday'),
  labels: fc.constantFrom({ env: 'test' }, {}),
  Unknown: fc.oneof(texts, amounts, fc.constantFrom<unknown>(null, true, [], {})),
};
const names = Object.keys(fields);
const always = ['ts', 'agent_id', 'message_type'];
const events = fc
  .tuple(
    fc.record(fields),
    fc.subarray(names, { maxLength: 8 }),
    fc.shuffledSubarray(names, { minLength: names.length }),
    fc.nat(29),
  )
  .map(([event, some, order, odd]) => {
    const kept = order.filter((name) => some.includes(name) || (always.includes(name) && name !== always[odd]));
    return kept.map((name): [string, unknown] => [name, event[name]]);
  });
const spacings = fc.constantFrom('', '', ' ', '\t ', '\r');
const lines = fc.tuple(events, spacings, fc.nat(40)).map(([entries, blank, odd]) => {
  const members = entries.map(([name, value]) => `${JSON.stringify(name)}${blank}:${blank}${JSON.stringify(value)}`);
  // Now and then a field stands there twice.
  if (odd === 0 && members[0] !== undefined) members.push(members[0]);
  return `{${blank}${members.join(`${blank},${blank}`)}${blank}}${blank}`;
});

it('finds in a message what the parser and the schema find', () => {
  let taken = 0;
  fc.assert(
    fc.property(lines, (line) => {
      if (scanMessage(Buffer.from(line), 0, NOW)) taken++;
      expect(decoded(line)).toEqual(parsed(line));
    }),
    { numRuns: 3_000 },
  );
  expect(taken).toBeGreaterThan(300);
});

const PLAIN = `{"id":"1","ts":${NOW},"agent_id":"a","message_type":"error","content":"\\u00e4 \\n ü","cost_usd":0.25,"user_id":"u"}`;

const anyByteButNewline = fc.integer({ min: 0, max: 255 }).filter((byte) => byte !== 0x0a);

it('leaves to the parser whatever was broken on the way', () => {
  fc.assert(
    fc.property(fc.nat(PLAIN.length), fc.constantFrom(0, 1, 2), anyByteButNewline, (at, removed, byte) => {
      const bytes = Buffer.from(PLAIN);
      const broken = Buffer.concat([bytes.subarray(0, at), Buffer.from([byte]), bytes.subarray(at + removed)]);
      expect(decoded(broken)).toEqual(parsed(broken));
    }),
    { numRuns: 3_000 },
  );
});

it.each([
  ['a plain message', PLAIN, true],
  [
    'blanks as Python writes them',
    `{"ts": ${NOW}, "agent_id": "a", "message_type": "tool_call", "response_time_ms": 12.345678901234567}`,
    true,
  ],
  ['fields nobody knows', `{"ts":${NOW},"agent_id":"a","message_type":"error","trace":"x\\"y","n":-0.5}`, true],
  ['a carriage return at the end', `${PLAIN}\r`, true],
  ['a name with an escape', `{"ts":${NOW},"agent\\u005fid":"a","message_type":"error"}`, false],
  ['a name that comes twice', `{"ts":${NOW},"agent_id":"a","agent_id":"b","message_type":"error"}`, false],
  ['an escape that is none', `{"ts":${NOW},"agent_id":"a","message_type":"error","content":"\\x"}`, false],
  ['a number with a leading zero', `{"ts":${NOW},"agent_id":"a","message_type":"error","cost_usd":01}`, false],
  ['an exponent', `{"ts":${NOW},"agent_id":"a","message_type":"error","cost_usd":1e-3}`, false],
  ['no time', `{"agent_id":"a","message_type":"error"}`, false],
  ['an agent of blanks', `{"ts":${NOW},"agent_id":"   ","message_type":"error"}`, false],
  ['a heartbeat', `{"ts":${NOW},"agent_id":"a","message_type":"heartbeat"}`, false],
  ['two objects in a line', `${PLAIN}${PLAIN}`, false],
])('knows %s: %#', (_, line, isTaken) => {
  expect(scanMessage(Buffer.from(line), 0, NOW)).toBe(isTaken);
  expect(decoded(line)).toEqual(parsed(line));
});

it.each([
  ['scanned', (content: string) => `{"ts":${NOW},"agent_id":"a","message_type":"error","content":"${content}"}`],
  ['parsed', (content: string) => `{"ts":${NOW},"agent_id":"a","message_type":"error","metadata":{"content":"${content}"}}`],
])('takes what the gateway takes, and puts larger events aside where they are %s', (_, lineOf) => {
  const ofSize = (bytes: number) => lineOf('x'.repeat(bytes - lineOf('').length));
  const largest = MAX_EVENT_BYTES + EVENT_SLACK_BYTES;
  const found = decoded([ofSize(largest), ofSize(largest + 1), PLAIN].join('\n'));
  const reason = `has ${largest + 1} bytes, at most ${MAX_EVENT_BYTES} are taken`;
  expect(found).toMatchObject([{ key: 'a' }, { code: 'too_large', reason, position: 1 }, { key: 'a', position: 2 }]);
});

it('goes from line to line, scanned or parsed', () => {
  const other = `{"agent_id":"b","message_type":"heartbeat","user_id":null,"model_used":7}`;
  const found = decoded([PLAIN, other, '', 'no JSON', PLAIN].join('\n'));
  expect(found).toMatchObject([{ key: 'a', position: 0 }, { key: 'b', position: 1 }, { code: 'not_json' }, { position: 3 }]);
});

it('tells the agents of one place in its memory apart', () => {
  const agents = Array.from({ length: 20_000 }, (_, number) => `agent-${number}`);
  const found = decoded(agents.map((id) => `{"id":"1","ts":${NOW},"agent_id":"${id}","message_type":"error"}`).join('\n'));
  expect((found as { key: string }[]).map(({ key }) => key)).toEqual(agents);
});
