import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareEvents, type EventCursor } from './event-order.ts';
import { mergeBlocks, TooManyOverlappingBlocks, type BlockHeader, type MergeBudget, type PlacedEvent } from './merge-blocks.ts';

interface Block {
  readonly header: BlockHeader;
  readonly events: readonly PlacedEvent[];
}

const UNBOUNDED: MergeBudget = { blocks: 1e9, bytes: 1e9, hardBlocks: 1e9, hardBytes: 1e9 };

function block(source: number, seq: number, agentId: string, times: readonly number[]): Block {
  const events = times.map((ts, position): PlacedEvent => {
    const stored = { agent_id: agentId, ts, message_type: 'tool_call' as const, event: {} };
    return { ts, source, seq, agentId, position, stored };
  });
  const header = { source, seq, agentId, minTs: Math.min(...times), maxTs: Math.max(...times), events: times.length };
  return { header, events };
}

/** Blocks as the read model's statement answers them for a cursor. */
async function* headersFor(blocks: readonly Block[], cursor: EventCursor | null): AsyncGenerator<BlockHeader> {
  const reach = cursor?.reach ?? Infinity;
  const before = cursor?.last.ts ?? Infinity;
  const found = blocks.map(({ header }) => header).filter(({ maxTs, minTs }) => maxTs <= reach && minTs <= before);
  yield* found.sort((a, b) => b.maxTs - a.maxTs || a.source - b.source || a.seq - b.seq || (a.agentId < b.agentId ? -1 : 1));
}

async function allPages(blocks: readonly Block[], limit: number, budget: MergeBudget): Promise<PlacedEvent[][]> {
  const pages: PlacedEvent[][] = [];
  let cursor: EventCursor | null = null;
  do {
    const page: Awaited<ReturnType<typeof mergeBlocks>> = await mergeBlocks(
      headersFor(blocks, cursor),
      (header) => {
        const found = blocks.find((each) => each.header === header);
        return Promise.resolve({ events: found?.events ?? [], bytes: 100 });
      },
      cursor?.last ?? null,
      limit,
      budget,
    );
    pages.push([...page.events]);
    cursor = page.next;
    if (pages.length > 2_000) throw new Error('the pages do not end');
  } while (cursor !== null);
  return pages;
}

const blocksArbitrary = fc
  .array(
    fc.record({
      source: fc.integer({ min: 1, max: 3 }),
      agent: fc.integer({ min: 0, max: 4 }),
      // A small clock, so that many events share their time.
      times: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 8 }),
    }),
    { maxLength: 25 },
  )
  .map((drawn) => drawn.map(({ source, agent, times }, seq) => block(source, seq, `agent-${agent}`, times)));

describe('pages of merged blocks', () => {
  it('hold every event once, in order, whatever the blocks, the page size and the budget', async () => {
    await fc.assert(
      fc.asyncProperty(
        blocksArbitrary,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 30 }),
        async (blocks, limit, budgeted) => {
          const expected = blocks.flatMap(({ events }) => events).sort(compareEvents);
          const pages = await allPages(blocks, limit, { ...UNBOUNDED, blocks: budgeted });
          expect(pages.flat()).toEqual(expected);
          expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are full where only the page size bounds them', async () => {
    await fc.assert(
      fc.asyncProperty(blocksArbitrary, fc.integer({ min: 1, max: 12 }), async (blocks, limit) => {
        const pages = await allPages(blocks, limit, UNBOUNDED);
        for (const page of pages.slice(0, -1)) expect(page).toHaveLength(limit);
      }),
      { numRuns: 100 },
    );
  });

  it('stop early, and go on from there, when a search finds nothing for long', async () => {
    const blocks = Array.from({ length: 30 }, (_, seq) => block(1, seq, 'agent', [seq * 10, seq * 10 + 5]));
    const nothing = () => Promise.resolve({ events: [], bytes: 100 });
    const page = await mergeBlocks(headersFor(blocks, null), nothing, null, 10, { ...UNBOUNDED, blocks: 4 });
    expect(page.events).toEqual([]);
    expect(page.next).toMatchObject({ last: { ts: 255 }, reach: 255 });
  });

  it('do not read blocks that are done with again', async () => {
    const blocks = Array.from({ length: 50 }, (_, seq) => block(1, seq, 'agent', [seq * 10, seq * 10 + 5]));
    const read: number[] = [];
    const page = await mergeBlocks(
      headersFor(blocks, null),
      (header) => {
        read.push(header.seq);
        return Promise.resolve({ events: blocks[header.seq]?.events ?? [], bytes: 1 });
      },
      null,
      4,
      UNBOUNDED,
    );
    expect(page.events).toHaveLength(4);
    expect(read).toEqual([49, 48]);
    expect(page.next?.reach).toBe(485);
  });

  it('are refused where too many blocks lie around one moment', async () => {
    const blocks = Array.from({ length: 20 }, (_, seq) => block(1, seq, 'agent', [5, 5]));
    const reading = allPages(blocks, 100, { ...UNBOUNDED, blocks: 3, hardBlocks: 10 });
    await expect(reading).rejects.toBeInstanceOf(TooManyOverlappingBlocks);
  });
});
