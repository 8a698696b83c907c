import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { EVENT_BLOCK_TYPES } from './event-types.ts';
import type { EventTypeName } from './event-types.ts';
import { storedEventTime } from '@fleetbeat/contracts/events.ts';
import { parseObject } from '@fleetbeat/infra/parse-object.ts';
import type { BlockContent, BlockHeader, PlacedEvent } from './merge-blocks.ts';

/** Reading a block of raw events: zstd-compressed NDJSON, the events as they came, of several agents where their blocks are small. */

/** Bytes of text that one block may unpack to. */
export const MAX_BLOCK_BYTES = 256 * 1024 * 1024;

const unpack = promisify(zstdDecompress);

export interface EventMatch {
  /** Epoch milliseconds, half-open. */
  readonly from: number;
  readonly to: number;
  readonly type?: EventTypeName | undefined;
  /** A part of the event's text, whatever its case. */
  readonly q?: string | undefined;
  readonly sessionId?: string | undefined;
}

/** A block's header, and where in the unpacked bytes its lines are, half-open; null: all are its own. */
export interface PlacedBlock extends BlockHeader {
  readonly textFrom: number | null;
  readonly textTo: number | null;
}

/** The events of a block that match. A line that is no event (it should not be there) is left out. */
export async function readBlock(header: PlacedBlock, block: Buffer, match: EventMatch): Promise<BlockContent> {
  const bytes = await unpack(block, { maxOutputLength: MAX_BLOCK_BYTES });
  const text = bytes.toString('utf8', header.textFrom ?? 0, header.textTo ?? bytes.length);
  const needle = match.q?.toLowerCase();
  const events: PlacedEvent[] = [];
  let position = -1;
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, end);
    start = end + 1;
    position++;
    if (needle !== undefined && !line.toLowerCase().includes(needle)) continue;
    const event = parseObject(line);
    const type = EVENT_BLOCK_TYPES.find((name) => name === event?.['message_type']);
    if (event === undefined || type === undefined) continue;
    if (match.type !== undefined && type !== match.type) continue;
    if (match.sessionId !== undefined && event['session_id'] !== match.sessionId) continue;
    const ts = storedEventTime(event);
    if (ts < match.from || ts >= match.to) continue;
    const { source, seq, agentId } = header;
    events.push({ ts, source, seq, agentId, position, stored: { agent_id: agentId, ts, message_type: type, event } });
  }
  return { events, bytes: text.length };
}
