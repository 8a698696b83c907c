import type { AgentSessions, List, StoredEvent } from '@fleetbeat/contracts/api.ts';
import { MAX_AHEAD_MS, MAX_LATENESS_MS } from '@fleetbeat/contracts/events.ts';
import type { Logger } from '@fleetbeat/infra/logger.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { decodeCursor, encodeCursor } from '../http/cursor.ts';
import type { ReadQuery } from '../http/read-query.ts';
import { readBlock, type EventMatch, type PlacedBlock } from './event-block.ts';
import { cursorContent, cursorPosition } from './event-order.ts';
import { ALL_TYPES, typeBit, type EventTypeName } from './event-types.ts';
import { mergeBlocks, TooManyOverlappingBlocks, type BlockContent, type MergeBudget } from './merge-blocks.ts';
import { readSessions } from './read-sessions.ts';

export interface EventFilter {
  /** Undefined reads the whole fleet's. */
  agentId?: string | undefined;
  type?: EventTypeName | undefined;
  q?: string | undefined;
  sessionId?: string | undefined;
  /** Epoch milliseconds, half-open; unbounded where undefined. */
  from?: number | undefined;
  to?: number | undefined;
  limit: number;
  cursor?: string | undefined;
}

export type SessionFilter = Pick<EventFilter, 'from' | 'to' | 'limit'>;

export const SCAN_BUDGET: MergeBudget = { blocks: 200, bytes: 50e6, hardBlocks: 20_000, hardBytes: 256e6 };

/** A block of up to this many bytes is read together with its header. */
const SMALL_BLOCK_BYTES = 65_536;
/** Blocks of the first and of any later read. */
const FIRST_STEP = 16;
const LARGEST_STEP = 128;

interface BlockRow {
  source: number;
  seq: number;
  agent_id: string;
  min_ts: number;
  max_ts: number;
  events: number;
  frame_of: string | null;
  text_from: number | null;
  text_to: number | null;
  block: Buffer | null;
}

interface ReadHeader extends PlacedBlock {
  readonly block: Buffer | null;
}

/** Reads raw events, newest first. What arrives while somebody pages may be missing from the pages to come. */
export function createEventsReadModel(query: ReadQuery, logger: Logger, budget: MergeBudget = SCAN_BUDGET) {
  return { list, sessions, knowsAgent };

  async function knowsAgent(agentId: string): Promise<boolean> {
    const rows = await query('events.agent', 'select 1 from agents where agent_id = $1', [agentId]);
    return rows.length > 0;
  }

  async function list(filter: EventFilter): Promise<List<StoredEvent>> {
    const cursor = filter.cursor === undefined ? null : decodeCursor(filter.cursor, cursorPosition);
    const from = filter.from ?? 0;
    const to = filter.to ?? Number.MAX_SAFE_INTEGER;
    const reach = cursor?.reach ?? furthestBlock(to);
    const before = Math.min(to - 1, cursor?.last.ts ?? Number.MAX_SAFE_INTEGER);
    const headers = blocksOf({
      agentId: filter.agentId,
      mask: filter.type === undefined ? ALL_TYPES : typeBit(filter.type),
      from,
      before,
      reach,
    });

    try {
      const page = await mergeBlocks(
        headers,
        (header) => readable(header, { from, to, type: filter.type, q: filter.q, sessionId: filter.sessionId }),
        cursor?.last ?? null,
        filter.limit,
        budget,
      );
      return {
        items: page.events.map((event) => event.stored),
        next_cursor: page.next === null ? null : encodeCursor(cursorContent(page.next)),
      };
    } catch (error) {
      if (error instanceof TooManyOverlappingBlocks) throw new HttpProblem(422, 'too-many-events', error.message);
      throw error;
    }
  }

  /** The newest sessions of an agent in a stretch of time, out of as many blocks as one page of events is searched in. */
  async function sessions(
    agentId: string,
    { from = 0, to = Number.MAX_SAFE_INTEGER, limit }: SessionFilter,
  ): Promise<AgentSessions> {
    const mask = ALL_TYPES & ~typeBit('heartbeat');
    const headers = blocksOf({ agentId, mask, from, before: to - 1, reach: furthestBlock(to) });
    const { items, more, readFrom } = await readSessions(headers, (header) => readable(header, { from, to }), limit, budget);
    return { items, more, read_from: readFrom === null ? null : Math.min(readFrom, to) };
  }

  async function* blocksOf(range: { agentId: string | undefined; mask: number; from: number; before: number; reach: number }) {
    let last: BlockRow | undefined;
    for (let step = FIRST_STEP; ; step = Math.min(2 * step, LARGEST_STEP)) {
      const values: unknown[] = [range.mask, range.from, range.before, last?.max_ts ?? range.reach, step];
      const place = (value: unknown) => `$${values.push(value)}`;
      const ofAgent = range.agentId === undefined ? '' : `and agent_id = ${place(range.agentId)}`;
      const further =
        last === undefined
          ? ''
          : `and (max_ts < $4 or (source, seq, agent_id) > (${place(last.source)}, ${place(last.seq)}, ${place(last.agent_id)}))`;
      const rows = await query<BlockRow>(
        'events.blocks',
        `select b.*, case when octet_length(frame.block) <= ${SMALL_BLOCK_BYTES} then frame.block end as block
         from (
           select source, seq, agent_id, min_ts, max_ts, events, frame_of, text_from, text_to from event_blocks
           where max_ts <= $4 and max_ts >= $2 and min_ts <= $3 and (types & $1::smallint) <> 0 ${ofAgent} ${further}
           order by max_ts desc, source, seq, agent_id limit $5
         ) b
         left join event_blocks frame
           on frame.source = b.source and frame.seq = b.seq and frame.agent_id = coalesce(b.frame_of, b.agent_id)
         order by b.max_ts desc, b.source, b.seq, b.agent_id`,
        values,
      );
      yield* rows.map(headerOf);
      last = rows.at(-1);
      if (rows.length < step) return;
    }
  }

  /** The matching events of a block; of one that is damaged none, so that the others can still be read. */
  async function readable(header: ReadHeader, match: EventMatch): Promise<BlockContent> {
    const block = await bytesOf(header);
    try {
      return await readBlock(header, block, match);
    } catch (error) {
      const { source, seq, agentId } = header;
      logger.error({ err: error, source, seq, agent_id: agentId }, 'a block of raw events cannot be read');
      return { events: [], bytes: block.length };
    }
  }

  async function bytesOf(header: ReadHeader): Promise<Buffer> {
    if (header.block !== null) return header.block;
    const [row] = await query<{ block: Buffer }>(
      'events.block',
      'select block from event_blocks where source = $1 and seq = $2 and agent_id = $3',
      [header.source, header.seq, header.agentId],
    );
    // Between the two reads the block may have reached its age.
    return row?.block ?? EMPTY_BLOCK;
  }
}

export type EventsReadModel = ReturnType<typeof createEventsReadModel>;

/** No accepted event before `to` lies further from the end of its block than this. */
function furthestBlock(to: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, to + MAX_LATENESS_MS + MAX_AHEAD_MS);
}

/** A zstd frame of nothing. */
const EMPTY_BLOCK = Buffer.from('28b52ffd2000010000', 'hex');

function headerOf(row: BlockRow): ReadHeader {
  return {
    source: row.source,
    seq: row.seq,
    agentId: row.agent_id,
    minTs: row.min_ts,
    maxTs: row.max_ts,
    events: row.events,
    textFrom: row.text_from,
    textTo: row.text_to,
    // A frame that is shared is small; it may have reached its age a moment before this row.
    block: row.frame_of === null ? row.block : (row.block ?? EMPTY_BLOCK),
  };
}
