import type { StoredEvent } from '@fleetbeat/contracts/api.ts';
import { expect, test } from 'vitest';
import { summaryOf } from './event-summary.ts';

const stored = (message_type: StoredEvent['message_type'], event: Record<string, unknown>): StoredEvent => ({
  agent_id: 'a',
  ts: 0,
  message_type,
  event,
});

test.each<[string, StoredEvent, string]>([
  ['an error with a code', stored('error', { error_details: { code: 'timeout', message: 'took 30 s' } }), 'timeout: took 30 s'],
  ['an error in words', stored('error', { error_details: 'it broke' }), 'it broke'],
  ['an error of another shape', stored('error', { error_details: { at: 1 } }), '{"at":1}'],
  ['an answer', stored('agent_response', { content: 'Hello\n  there', model_used: 'm' }), 'Hello there · m'],
  ['a score', stored('feedback', { user_feedback: 4 }), 'score 4'],
  ['fields of the wrong kind', stored('tool_call', { metadata: ['x'], content: 7 }), ''],
])('%s', (_, event, summary) => expect(summaryOf(event)).toBe(summary));
