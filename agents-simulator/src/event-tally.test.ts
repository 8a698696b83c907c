import type { AgentMessage } from '@fleetbeat/contracts/events.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addEvent, emptyTally, exactQuantile, messagesOf, tokensOf, type EventTally } from './event-tally.ts';

function tallyOf(...events: Partial<AgentMessage>[]): EventTally {
  const tally = emptyTally();
  for (const event of events) addEvent(tally, { agent_id: 'a', message_type: 'agent_response', ...event });
  return tally;
}

describe('addEvent', () => {
  it('counts a message under its type', () => {
    const tally = tallyOf({ message_type: 'error' }, { message_type: 'tool_call' }, { message_type: 'tool_call' });
    expect(tally).toMatchObject({ error: 1, tool_call: 2, agent_response: 0 });
    expect(messagesOf(tally)).toBe(3);
  });

  it('counts a heartbeat as no message, whatever else it carries', () => {
    const tally = emptyTally();
    addEvent(tally, { agent_id: 'a', message_type: 'heartbeat', status: 'online', user_id: 'u', token_count: 5 });
    expect(tally.heartbeats).toBe(1);
    expect(messagesOf(tally)).toBe(0);
    expect(tokensOf(tally)).toBe(0);
    expect(tally.users.size).toBe(0);
  });

  it('takes token_count where no class is given', () => {
    expect(tallyOf({ token_count: 70 })).toMatchObject({ other_tokens: 70, input_tokens: 0 });
  });

  it('ignores token_count where a class is given, though it be 0', () => {
    const tally = tallyOf({ token_count: 70, input_tokens: 50 }, { token_count: 70, cache_read_tokens: 0 });
    expect(tally).toMatchObject({ other_tokens: 0, input_tokens: 50 });
    expect(tokensOf(tally)).toBe(50);
  });

  it('rounds money, times and scores per event', () => {
    const tally = tallyOf(
      { cost_usd: 0.000_000_4, response_time_ms: 1.000_4, user_feedback: 0.333_333_3 },
      { cost_usd: 0.000_000_6, response_time_ms: 0, user_feedback: -1 },
    );
    expect(tally).toMatchObject({ cost_micros: 1, response_us: 1_000, times: [1_000, 0], scored: 2, score_micros: -666_667 });
  });

  it('remembers each user once', () => {
    expect([...tallyOf({ user_id: 'x' }, { user_id: 'y' }, { user_id: 'x' }).users]).toEqual(['x', 'y']);
  });
});

describe('exactQuantile', () => {
  it.each([
    [[], 0.5, undefined],
    [[7], 0.99, 7],
    [[1, 2], 0.5, 1.5],
    [[1, 2, 3], 0.5, 2],
    [[0, 10, 20, 30, 40], 0.95, 38],
    [[1, 2, 3], 1, 3],
    [[1, 2, 3], 0, 1],
  ])('of %j at %d is %d', (sorted, q, expected) => {
    const actual = exactQuantile(sorted, q);
    if (expected === undefined) expect(actual).toBeUndefined();
    else expect(actual).toBeCloseTo(expected, 9);
  });

  it('lies between the extremes and grows with q', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (items, p, q) => {
          const sorted = items.toSorted((a, b) => a - b);
          const [low = NaN, high = NaN] = [exactQuantile(sorted, Math.min(p, q)), exactQuantile(sorted, Math.max(p, q))];
          expect(low).toBeLessThanOrEqual(high + 1e-6);
          expect(low).toBeGreaterThanOrEqual((sorted[0] ?? NaN) - 1e-6);
          expect(high).toBeLessThanOrEqual((sorted.at(-1) ?? NaN) + 1e-6);
        },
      ),
    );
  });
});
