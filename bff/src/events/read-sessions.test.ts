import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BlockHeader, PlacedEvent } from './merge-blocks.ts';
import { readSessions } from './read-sessions.ts';

interface Said {
  readonly ts: number;
  readonly session: number;
  readonly type: 'user_message' | 'error' | 'heartbeat';
  readonly user: number;
  readonly tokens: number;
}

interface Block {
  readonly header: BlockHeader;
  readonly events: readonly PlacedEvent[];
}

const UNBOUNDED = { blocks: 1e9, bytes: 1e9 };

function block(seq: number, said: readonly Said[]): Block {
  const place = { source: 1, seq, agentId: 'agent' };
  const events = said.map(({ ts, session, type, user, tokens }, position): PlacedEvent => {
    const event = {
      ...(session === 0 ? {} : { session_id: `s${session}` }),
      ...(user === 0 ? {} : { user_id: `u${user}` }),
      ...(tokens % 2 === 0 ? { input_tokens: tokens, output_tokens: 1, token_count: 999 } : { token_count: tokens }),
    };
    return { ts, ...place, position, stored: { agent_id: 'agent', ts, message_type: type, event } };
  });
  const times = said.map(({ ts }) => ts);
  return { header: { ...place, minTs: Math.min(...times), maxTs: Math.max(...times), events: said.length }, events };
}

function reading(blocks: readonly Block[], limit: number, budget: { blocks: number; bytes: number }) {
  async function* headers(): AsyncGenerator<BlockHeader> {
    await Promise.resolve();
    yield* blocks.map(({ header }) => header).sort((a, b) => b.maxTs - a.maxTs || a.seq - b.seq);
  }
  const read = (header: BlockHeader) =>
    Promise.resolve({ events: blocks.find((each) => each.header === header)?.events ?? [], bytes: 100 });
  return readSessions(headers(), read, limit, budget);
}

/** The same, from all events at once. */
function expected(all: readonly Said[], from: number) {
  const ids = [...new Set(all.map(({ session }) => session))].filter((id) => id !== 0);
  return ids
    .map((id) => all.filter(({ session, type, ts }) => session === id && type !== 'heartbeat' && ts >= from))
    .filter(({ length }) => length > 0)
    .map((said) => ({
      session_id: `s${said[0]?.session}`,
      first_event: Math.min(...said.map(({ ts }) => ts)),
      last_event: Math.max(...said.map(({ ts }) => ts)),
      total_messages: said.length,
      total_errors: said.filter(({ type }) => type === 'error').length,
      total_tokens_used: said.reduce((sum, { tokens }) => sum + tokens + (tokens % 2 === 0 ? 1 : 0), 0),
      users: [...new Set(said.flatMap(({ user }) => (user === 0 ? [] : `u${user}`)))].sort(),
    }));
}

const saidArbitrary: fc.Arbitrary<Said> = fc.record({
  // A small clock, so that blocks overlap and many events share their time.
  ts: fc.integer({ min: 0, max: 40 }),
  session: fc.integer({ min: 0, max: 6 }),
  type: fc.constantFrom('user_message', 'error', 'heartbeat'),
  user: fc.integer({ min: 0, max: 3 }),
  tokens: fc.integer({ min: 0, max: 9 }),
});
const blocksArbitrary = fc.array(fc.array(saidArbitrary, { minLength: 1, maxLength: 8 }), { maxLength: 20 });

describe('sessions of an agent', () => {
  it('are the newest, with exact figures of what was read, whatever the blocks, the limit and the budget', async () => {
    await fc.assert(
      fc.asyncProperty(
        blocksArbitrary,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 25 }),
        async (drawn, limit, budgeted) => {
          const found = await reading(
            drawn.map((said, seq) => block(seq, said)),
            limit,
            { ...UNBOUNDED, blocks: budgeted },
          );
          const all = expected(drawn.flat(), found.readFrom ?? 0);
          const told = found.items.map((one) => ({ ...one, users: one.users.toSorted() }));
          expect(told).toHaveLength(Math.min(limit, all.length));
          for (const one of told) expect(all).toContainEqual(one);
          // None that was left out is newer than one that is told.
          const lasts = found.items.map((one) => one.last_event);
          expect(lasts).toEqual(
            all
              .map((one) => one.last_event)
              .sort((a, b) => b - a)
              .slice(0, limit),
          );
          expect(found.more).toBe(found.readFrom !== null || all.length > limit);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are all read where the budget allows it', async () => {
    const blocks = [0, 1, 2].map((seq) => block(seq, [{ ts: seq, session: 1, type: 'user_message', user: 0, tokens: 1 }]));
    expect(await reading(blocks, 5, { blocks: 3, bytes: 1e9 })).toMatchObject({ more: false, readFrom: null });
    expect(await reading(blocks, 5, { blocks: 2, bytes: 1e9 })).toMatchObject({ more: true, readFrom: 1 });
    expect(await reading(blocks, 5, { blocks: 1e9, bytes: 150 })).toMatchObject({
      items: [{ first_event: 1, last_event: 2, total_messages: 2 }],
      readFrom: 1,
    });
  });

  it('tell of twenty users at most', async () => {
    const said = Array.from({ length: 30 }, (_, i): Said => ({
      ts: i,
      session: 1,
      type: 'user_message',
      user: i + 1,
      tokens: 1,
    }));
    const { items } = await reading([block(0, said)], 5, UNBOUNDED);
    expect(items[0]?.users).toHaveLength(20);
    expect(items[0]?.users[0]).toBe('u30');
  });
});
