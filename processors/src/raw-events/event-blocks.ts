import { setImmediate as letOthersRun } from 'node:timers/promises';
import { constants, zstdCompressSync } from 'node:zlib';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import type { DecodedEvent } from '../engine/decode.ts';
import { measured } from '../engine/measured.ts';

/** Level 3 took 1.7 times as long over the events of the benchmark, and its blocks were no smaller. */
const PARAMS = { [constants.ZSTD_c_compressionLevel]: 1 };
/** Bytes of compressed blocks in one insert, to bound the memory of a statement. */
const INSERT_BYTES = 16 * 2 ** 20;
/** Bytes of events compressed before other sources may go on: a few milliseconds. */
const BYTES_AT_A_STRETCH = 2 ** 20;

const NEWLINE = 0x0a;

export interface Block {
  /** Where each line stands: in these bytes, from here to there. Strings would cost a copy and much garbage. */
  readonly pieces: Buffer[];
  readonly ranges: number[];
  /** Length of all lines with a newline each. */
  bytes: number;
  minTs: number;
  maxTs: number;
  /** Which message types are in it: bits by their place in TYPES. */
  types: number;
}

interface StoredBlock {
  readonly agentId: string;
  readonly events: number;
  readonly minTs: number;
  readonly maxTs: number;
  readonly types: number;
  readonly bytes: Buffer;
}

/** The raw events of one cut, in blocks of one agent each. */
export class EventBlocks {
  readonly #blocks = new Map<string, Block>();

  /** The block of an agent, to be filled. */
  of(agentId: string): Block {
    let block = this.#blocks.get(agentId);
    if (block === undefined) {
      block = { pieces: [], ranges: [], bytes: 0, minTs: Infinity, maxTs: -Infinity, types: 0 };
      this.#blocks.set(agentId, block);
    }
    return block;
  }

  /**
   * Compresses the blocks and writes them as rows of (source, seq, agent). Blocks are small: handing one to the thread
   * pool costs three times what compressing it here does.
   */
  async save(transaction: Transaction, source: number, seq: number): Promise<void> {
    let batch: StoredBlock[] = [];
    let bytes = 0;
    let worked = 0;
    for (const [agentId, block] of this.#blocks) {
      const stored = compressed(agentId, block);
      batch.push(stored);
      bytes += stored.bytes.length;
      worked += block.bytes;
      if (worked >= BYTES_AT_A_STRETCH) {
        worked = 0;
        await letOthersRun();
      }
      if (bytes < INSERT_BYTES) continue;
      await insert(transaction, source, seq, batch);
      batch = [];
      bytes = 0;
    }
    if (batch.length > 0) await insert(transaction, source, seq, batch);
  }
}

/** Adds the event at hand to its agent's block. */
export function append(block: Block, { bytes, start, end, ts }: DecodedEvent): void {
  block.pieces.push(bytes);
  block.ranges.push(start, end);
  block.bytes += end - start + 1;
  block.types |= 1 << measured.type;
  if (ts < block.minTs) block.minTs = ts;
  if (ts > block.maxTs) block.maxTs = ts;
}

function compressed(agentId: string, block: Block): StoredBlock {
  const { minTs, maxTs, types, pieces } = block;
  const text = joined(block);
  // Told how little comes, zstd does with little memory: without it most of the time of a small block went into getting that.
  const bytes = zstdCompressSync(text, { params: PARAMS, pledgedSrcSize: text.length });
  return { agentId, events: pieces.length, minTs, maxTs, types, bytes };
}

/** Where blocks are joined, one at a time: fresh memory for each costs more than all copying. Grown by doubling. */
let lines = Buffer.allocUnsafeSlow(2 ** 20);

/** The lines of a block with a newline between each two, good until the next call. */
function joined({ pieces, ranges, bytes }: Block): Buffer {
  if (lines.length < bytes) lines = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(bytes)));
  let at = 0;
  for (let index = 0; index < pieces.length; index++) {
    at += (pieces[index] as Buffer).copy(lines, at, ranges[2 * index], ranges[2 * index + 1]);
    lines[at++] = NEWLINE;
  }
  return lines.subarray(0, at - 1);
}

async function insert(transaction: Transaction, source: number, seq: number, blocks: readonly StoredBlock[]): Promise<void> {
  await transaction.query({
    name: 'insert-event-blocks',
    text: `insert into event_blocks (source, seq, agent_id, events, min_ts, max_ts, types, block)
           select $1, $2, * from unnest($3::text[], $4::int[], $5::bigint[], $6::bigint[], $7::smallint[], $8::bytea[])`,
    values: [
      source,
      seq,
      blocks.map((block) => block.agentId),
      blocks.map((block) => block.events),
      blocks.map((block) => block.minTs),
      blocks.map((block) => block.maxTs),
      blocks.map((block) => block.types),
      blocks.map((block) => block.bytes),
    ],
  });
}
