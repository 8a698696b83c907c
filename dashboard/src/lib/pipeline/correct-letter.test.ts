import { expect, test } from 'vitest';
import { asJson, eventOf } from './correct-letter.ts';

test('what came is laid out, and stays as it is where it is no JSON', () => {
  expect(asJson('{"a":1}')).toBe('{\n  "a": 1\n}');
  expect(asJson('{"a":')).toBe('{"a":');
});

test.each([
  ['{"agent_id": "a"}', { event: { agent_id: 'a' } }],
  ['{"agent_id"', { mistake: expect.stringMatching(/^This is not JSON: /) as string }],
  ['[1]', { mistake: 'An event is a JSON object: {"agent_id": …}' }],
  ['null', { mistake: 'An event is a JSON object: {"agent_id": …}' }],
])('%s', (text, read) => expect(eventOf(text)).toEqual(read));
