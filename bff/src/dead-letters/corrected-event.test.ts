import { MAX_LATENESS_MS } from '@fleetbeat/contracts/events.ts';
import { describe, expect, it } from 'vitest';
import { eventOf, type Letter } from './corrected-event.ts';

const NOW = 1_700_000_000_000;

function letter(payload: string | Buffer, changes: Partial<Letter> = {}): Letter {
  return { id: '1-20-3', topic: 'agent-events', appendedAt: NOW - 5_000, payload: Buffer.from(payload), ...changes };
}

const VALID = { id: 'mine', agent_id: 'a', message_type: 'tool_call', ts: NOW - 60_000 };

describe('a letter that is valid by now', () => {
  it('is replayed as the bytes that came', () => {
    const line = '{"agent_id": "a",  "id":"mine", "message_type":"tool_call","ts":1700000000000,"big":12345678901234567890}';
    expect(eventOf(letter(line), undefined, NOW)).toEqual({ kind: 'event', key: 'a', eventId: 'mine', line });
  });

  it('gets an id from its own and the time at which it came', () => {
    const event = eventOf(letter('{"agent_id":"a",\r\n "message_type":"tool_call"}\n'), undefined, NOW);
    expect(event).toMatchObject({ kind: 'event', eventId: 'dead-letter-1-20-3' });
    const line = event.kind === 'event' ? event.line : '';
    expect(line).toBe(`{"id":"dead-letter-1-20-3","ts":${NOW - 5_000},"agent_id":"a",  "message_type":"tool_call"}`);
    expect(JSON.parse(line)).toEqual({
      agent_id: 'a',
      message_type: 'tool_call',
      id: 'dead-letter-1-20-3',
      ts: NOW - 5_000,
    });
  });

  it('keeps a time it has in words', () => {
    const timestamp = new Date(NOW).toISOString();
    const event = eventOf(letter(JSON.stringify({ ...VALID, ts: undefined, timestamp })), undefined, NOW);
    expect(event.kind === 'event' && JSON.parse(event.line)).toEqual({ ...VALID, ts: undefined, timestamp });
  });
});

describe('a correction', () => {
  it('takes the place of the bytes, whatever these are', () => {
    const event = eventOf(letter(Buffer.from([0xff])), { ...VALID, agent_id: 'b' }, NOW);
    expect(event).toEqual({ kind: 'event', key: 'b', eventId: 'mine', line: JSON.stringify({ ...VALID, agent_id: 'b' }) });
  });

  it('must be an event of the same topic', () => {
    const task = { task_id: 't', status: 'completed' };
    expect(eventOf(letter('{}', { topic: 'task-events' }), task, NOW)).toMatchObject({ kind: 'event', key: 't' });
    expect(eventOf(letter('{}'), task, NOW)).toMatchObject({ kind: 'not-valid' });
  });
});

describe('refused is', () => {
  it.each([
    ['what is no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'is not valid UTF-8'],
    ['what is no JSON', '{"agent_id": ', 'is not a JSON object'],
    ['a list', '[]', 'is not a JSON object'],
    ['what lacks its key', '{"message_type": "tool_call"}', 'agent_id'],
  ])('%s', (_, payload, reason) => {
    expect(eventOf(letter(payload), undefined, NOW)).toEqual({ kind: 'not-valid', reason: expect.stringContaining(reason) });
  });

  it.each([
    ['more than 24 hours', NOW - MAX_LATENESS_MS - 1],
    ['more than 5 minutes', NOW + 5 * 60_000 + 1],
  ])('an event of %s off', (words, ts) => {
    const refusal = { kind: 'time-out-of-range', reason: expect.stringContaining(words) };
    expect(eventOf(letter(JSON.stringify({ ...VALID, ts })), undefined, NOW)).toEqual(refusal);
    expect(eventOf(letter('{}'), { ...VALID, ts }, NOW)).toEqual(refusal);
  });

  it('an event without a time whose letter is too old', () => {
    const old = letter('{"agent_id":"a","message_type":"tool_call"}', { appendedAt: NOW - MAX_LATENESS_MS - 1 });
    expect(eventOf(old, undefined, NOW)).toMatchObject({ kind: 'time-out-of-range' });
  });
});
