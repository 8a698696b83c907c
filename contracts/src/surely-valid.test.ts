import fc from 'fast-check';
import { expect, it } from 'vitest';
import { agentEventSchema, agentMessageSchema, MESSAGE_TYPES } from './events.ts';
import { FIELDS_LOOKED_AT, isSurelyValidMessage, type ParsedAgentMessage } from './surely-valid.ts';

it('looks at every field that the schema names', () => {
  expect([...FIELDS_LOOKED_AT].toSorted()).toEqual(Object.keys(agentMessageSchema.shape).toSorted());
});

const strings = fc.oneof(
  fc.stringMatching(/^[a-z0-9-]{1,40}$/),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '',
    'x'.repeat(256),
    'x'.repeat(257),
    '\u007f',
    'a\nb',
    'a\u0000',
    '\ud800',
    '   ',
    '\u00a0\u200b',
    '2026-01-01T00:00:00Z',
    'error',
  ),
);
const numbers = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(
    0,
    -0,
    -1,
    0.5,
    1e9,
    1e9 + 1,
    86_400_000,
    86_400_000.5,
    1_000,
    -1_000,
    1_000.1,
    10_000,
    10_000.01,
    1e300,
    5e-324,
  ),
);
const objects = fc.constantFrom({}, { a: 1 }, { constructor: 1 }, { constructor: { prototype: 1 } }, { constructor: null });
const anything = fc.oneof(
  { weight: 4, arbitrary: strings },
  { weight: 4, arbitrary: numbers },
  { weight: 1, arbitrary: objects },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, true, [], ['a'], [{}]) },
);
const likely: Record<string, fc.Arbitrary<unknown>> = {
  ...Object.fromEntries(FIELDS_LOOKED_AT.map((field) => [field, field.endsWith('_id') || field === 'id' ? strings : numbers])),
  message_type: fc.constantFrom(...MESSAGE_TYPES, 'heartbeat', 'chat'),
  content: strings,
  metadata: objects,
  error_details: fc.oneof(strings, objects),
  model_used: strings,
  timestamp: strings,
};
const events = fc
  .tuple(
    fc.record(likely, { requiredKeys: ['agent_id', 'message_type'] }),
    fc.dictionary(fc.constantFrom(...FIELDS_LOOKED_AT), anything, { maxKeys: 2 }),
    fc.subarray([...FIELDS_LOOKED_AT]),
  )
  // Whole events are rarely valid: most fields are left out again.
  .map(([event, odd, kept]) => {
    const few = Object.entries(event).filter(
      ([field]) => field.startsWith('agent_') || field.startsWith('message_') || kept.includes(field as 'id'),
    );
    return JSON.stringify({ ...Object.fromEntries(few), ...odd });
  });

it('never accepts what the schema refuses', () => {
  let accepted = 0;
  fc.assert(
    fc.property(events, (text) => {
      const event = JSON.parse(text) as ParsedAgentMessage;
      if (!isSurelyValidMessage(event, text)) return;
      accepted++;
      expect(agentEventSchema.safeParse(event).error).toBeUndefined();
    }),
    { numRuns: 20_000 },
  );
  expect(accepted).toBeGreaterThan(200);
});

it.each(FIELDS_LOOKED_AT)('never accepts a %s alone that the schema refuses', (field) => {
  fc.assert(
    fc.property(fc.oneof(anything, likely[field] ?? anything), (value) => {
      const text = JSON.stringify({ agent_id: 'a1', message_type: 'error', [field]: value });
      const event = JSON.parse(text) as ParsedAgentMessage;
      if (isSurelyValidMessage(event, text)) expect(agentEventSchema.safeParse(event).error).toBeUndefined();
    }),
    { numRuns: 500 },
  );
});

it('accepts the usual messages itself', () => {
  const event = {
    agent_id: 'a1',
    message_type: 'agent_response',
    ts: 1,
    response_time_ms: 0.5,
    input_tokens: 7,
    metadata: { a: [1] },
  };
  expect(isSurelyValidMessage(event, JSON.stringify(event))).toBe(true);
});
