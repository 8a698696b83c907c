import type { StoredEvent } from '@fleetbeat/contracts/api.ts';
import { beginningOf, compareEvents, type EventCursor, type EventPlace } from './event-order.ts';

/** What is known of a block before its bytes are read. */
export interface BlockHeader {
  readonly source: number;
  readonly seq: number;
  readonly agentId: string;
  readonly minTs: number;
  readonly maxTs: number;
  readonly events: number;
}

export interface PlacedEvent extends EventPlace {
  readonly stored: StoredEvent;
}

/** The events of a block that match, and what reading them cost in bytes of text. */
export interface BlockContent {
  readonly events: readonly PlacedEvent[];
  readonly bytes: number;
}

export interface MergeBudget {
  /** Blocks and bytes of text after which a request ends at the next place from which another can go on. */
  readonly blocks: number;
  readonly bytes: number;
  /** The same, beyond which it is given up even without such a place. */
  readonly hardBlocks: number;
  readonly hardBytes: number;
}

export interface MergedPage {
  readonly events: readonly PlacedEvent[];
  readonly next: EventCursor | null;
}

/**
 * The next `limit` events in order after `after`, out of blocks that come by falling newest event.
 * An event is safe to answer once no block to come can hold one that goes before it. Ends early, with a
 * cursor, when the budget is spent. Rejects with `TooManyOverlappingBlocks` where even the hard limit
 * brings it no further.
 *
 * @param headers blocks by falling `maxTs`, read lazily
 * @param read decodes one block
 */
export async function mergeBlocks<Header extends BlockHeader>(
  headers: AsyncIterable<Header>,
  read: (header: Header) => Promise<BlockContent>,
  after: EventPlace | null,
  limit: number,
  budget: MergeBudget,
): Promise<MergedPage> {
  const candidates: PlacedEvent[] = [];
  const open: OpenBlock[] = [];
  let firstPlace: EventPlace | undefined;
  let blocks = 0;
  let bytes = 0;

  for await (const header of headers) {
    // Everything that lies after this time can no longer be preceded by what is to come.
    const settled = candidates.filter((event) => event.ts > header.maxTs).length;
    if (settled >= limit) return pageUpTo(candidates, open, limit);

    const gotFurther = header.maxTs < (after ?? firstPlace ?? beginningOf(header.maxTs)).ts;
    firstPlace ??= beginningOf(header.maxTs);
    if (gotFurther && (blocks >= budget.blocks || bytes >= budget.bytes)) return stopAt(candidates, open, limit, header.maxTs);
    if (blocks >= budget.hardBlocks || bytes >= budget.hardBytes) {
      throw new TooManyOverlappingBlocks('too many events lie around this time: narrow the search to an agent');
    }

    const content = await read(header);
    blocks++;
    bytes += content.bytes;
    open.push({ maxTs: header.maxTs, oldest: header.minTs });
    for (const event of content.events) if (after === null || compareEvents(after, event) < 0) candidates.push(event);
    candidates.sort(compareEvents);
    // No page needs more than this many; what is dropped comes again with the next page.
    if (candidates.length > limit + 1) candidates.length = limit + 1;
  }
  return candidates.length > limit ? pageUpTo(candidates, open, limit) : { events: candidates, next: null };
}

interface OpenBlock {
  readonly maxTs: number;
  readonly oldest: number;
}

function pageUpTo(candidates: readonly PlacedEvent[], open: readonly OpenBlock[], limit: number): MergedPage {
  const events = candidates.slice(0, limit);
  const last = events.at(-1);
  return { events, next: last === undefined ? null : { last, reach: reachOf(open, last.ts) } };
}

function stopAt(candidates: readonly PlacedEvent[], open: readonly OpenBlock[], limit: number, ts: number): MergedPage {
  const events = candidates.filter((event) => event.ts > ts).slice(0, limit);
  return { events, next: { last: beginningOf(ts), reach: reachOf(open, ts) } };
}

/** The highest newest event of the blocks that reach back to `ts`; all other blocks are done with. */
function reachOf(open: readonly OpenBlock[], ts: number): number {
  return open.reduce((reach, block) => (block.oldest <= ts ? Math.max(reach, block.maxTs) : reach), ts);
}

export class TooManyOverlappingBlocks extends Error {
  override readonly name = 'TooManyOverlappingBlocks';
}
