import { agentMessageSchema } from '@fleetbeat/contracts/events.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPlainAgentEvent } from './plain-agent-event.ts';

const anyValue = fc.oneof(
  fc.string(),
  fc.string({ minLength: 250, maxLength: 300 }),
  fc.double(),
  fc.integer(),
  fc.constantFrom<unknown>(
    null,
    true,
    [],
    {},
    { a: 1 },
    ['x'],
    '',
    '\u0000',
    1e9,
    1e9 + 1,
    86_400_000.5,
    -0,
    Number.NaN,
    Infinity,
  ),
);
/** Up to four fields with anything in them. */
const fewFields = fc.dictionary(fc.constantFrom(...Object.keys(agentMessageSchema.shape)), anyValue, { maxKeys: 4 });

test('whatever passes the quick way passes the schema', () => {
  let quick = 0;
  fc.assert(
    fc.property(fewFields, fc.boolean(), (fields, sane) => {
      const event = sane ? { agent_id: 'a', message_type: 'error', ...fields } : fields;
      if (!isPlainAgentEvent(event)) return;
      quick++;
      expect(agentMessageSchema.safeParse(event).success).toBe(true);
    }),
    { numRuns: 5_000 },
  );
  expect(quick).toBeGreaterThan(50);
});

test('the common message takes the quick way', () => {
  expect(
    isPlainAgentEvent({
      id: '0198f2f0-0000-7000-8000-000000000001',
      ts: 1_700_000_000_000,
      agent_id: 'agent-1',
      message_type: 'agent_response',
      content: 'Grüße',
      metadata: { a: 1 },
      response_time_ms: 12.5,
      input_tokens: 10,
      output_tokens: 2,
      model_used: 'model',
      user_id: 'user',
      unknown: [1],
    }),
  ).toBe(true);
});

test('what lacks an agent or a type does not', () => {
  expect(isPlainAgentEvent({ message_type: 'error' })).toBe(false);
  expect(isPlainAgentEvent({ agent_id: 'a' })).toBe(false);
});
