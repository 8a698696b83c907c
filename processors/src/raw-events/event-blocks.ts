import { setImmediate as letOthersRun } from 'node:timers/promises';
import { constants, zstdCompressSync } from 'node:zlib';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { byteaArray, int2Array, int8Array, textArray } from '@fleetbeat/infra/time-series/pg-arrays.ts';
import type { DecodedEvent } from '../engine/decode.ts';
import { measured } from '../engine/measured.ts';

/** Level 3 took 1.7 times as long over the events of the benchmark, and its blocks were no smaller. */
const PARAMS = { [constants.ZSTD_c_compressionLevel]: 1 };
/** What one insert holds at most, to bound the memory and the time of a statement: bytes of compressed blocks, and blocks. */
const INSERT_BYTES = 16 * 2 ** 20;
const INSERT_BLOCKS = 5_000;
/** Bytes of events compressed before other sources may go on: a few milliseconds. */
const BYTES_AT_A_STRETCH = 2 ** 20;

/**
 * Blocks of up to so many bytes share a frame, which is full from so many on: a frame by itself costs the time of 10 kB more of
 * text, and whoever reads one agent unpacks all of it.
 */
const SMALL_BYTES = 2 ** 13;
const FRAME_BYTES = 2 ** 16;

const NEWLINE = 0x0a;

export interface Block {
  /** Where each line stands: in these bytes, from here to there. Strings would cost a copy and much garbage. */
  readonly pieces: Buffer[];
  readonly ranges: number[];
  /** Events that are counted but not kept: their user was erased. */
  erased: number;
  /** Length of all lines with a newline each. */
  bytes: number;
  minTs: number;
  maxTs: number;
  /** Which message types are in it: bits by their place in TYPES. */
  types: number;
}

/** A row: see migrations/0040-shared-frames.sql for the last three. */
interface StoredBlock {
  readonly agentId: string;
  readonly events: number;
  readonly minTs: number;
  readonly maxTs: number;
  readonly types: number;
  readonly bytes: Uint8Array;
  readonly frameOf: string | null;
  readonly textFrom: number;
  readonly textTo: number;
}

/** Stands for null in an array of places in the text. */
const WHOLE_TEXT = -1;
const NO_BYTES = new Uint8Array(0);

type AgentBlock = readonly [agentId: string, block: Block];

/** The raw events of one cut, in blocks of one agent each. */
export class EventBlocks {
  readonly #blocks = new Map<string, Block>();

  /** The block of an agent, to be filled. */
  of(agentId: string): Block {
    let block = this.#blocks.get(agentId);
    if (block === undefined) {
      block = { pieces: [], ranges: [], erased: 0, bytes: 0, minTs: Infinity, maxTs: -Infinity, types: 0 };
      this.#blocks.set(agentId, block);
    }
    return block;
  }

  /**
   * Compresses the blocks and writes them as rows of (source, seq, agent). Frames are small: handing one to the thread
   * pool costs three times what compressing it here does.
   */
  async save(transaction: Transaction, source: number, seq: number): Promise<void> {
    let batch: StoredBlock[] = [];
    let bytes = 0;
    let worked = 0;
    for (const blocks of this.#frames()) {
      for (const stored of compressed(blocks)) {
        batch.push(stored);
        bytes += stored.bytes.length;
      }
      worked += bytesOf(blocks);
      if (worked >= BYTES_AT_A_STRETCH) {
        worked = 0;
        await letOthersRun();
      }
      if (bytes < INSERT_BYTES && batch.length < INSERT_BLOCKS) continue;
      await insert(transaction, source, seq, batch);
      batch = [];
      bytes = 0;
    }
    if (batch.length > 0) await insert(transaction, source, seq, batch);
    const erased = [...this.#blocks].filter(([, block]) => block.erased > 0);
    if (erased.length > 0) await noteErased(transaction, source, seq, erased);
  }

  /** Blocks by what is compressed together: large ones by themselves, small ones in company. */
  *#frames(): Generator<readonly AgentBlock[]> {
    let company: AgentBlock[] = [];
    let bytes = 0;
    for (const each of this.#blocks) {
      const size = each[1].bytes;
      if (size > SMALL_BYTES) {
        yield [each];
        continue;
      }
      company.push(each);
      bytes += size;
      if (bytes < FRAME_BYTES) continue;
      yield company;
      company = [];
      bytes = 0;
    }
    if (company.length > 0) yield company;
  }
}

/** Adds the event at hand to its agent's block. */
export function append(block: Block, { bytes, start, end, ts, erased }: DecodedEvent): void {
  if (erased === true) block.erased++;
  else {
    block.pieces.push(bytes);
    block.ranges.push(start, end);
    block.bytes += end - start + 1;
  }
  block.types |= 1 << measured.type;
  if (ts < block.minTs) block.minTs = ts;
  if (ts > block.maxTs) block.maxTs = ts;
}

function bytesOf(blocks: readonly AgentBlock[]): number {
  return blocks.reduce((sum, [, { bytes }]) => sum + bytes, 0);
}

/** The rows of blocks that share a frame. It is in the row of the agent with the newest event: rows are dropped by that. */
function compressed(blocks: readonly AgentBlock[]): StoredBlock[] {
  const text = joined(blocks);
  // Told how little comes, zstd gets little memory.
  const frame = zstdCompressSync(text, { params: PARAMS, pledgedSrcSize: text.length });
  const [holder] = blocks.reduce((newest, each) => (each[1].maxTs > newest[1].maxTs ? each : newest));
  const isShared = blocks.length > 1;
  let at = 0;
  return blocks.map(([agentId, { minTs, maxTs, types, pieces, bytes }]) => {
    const from = at;
    at += bytes;
    return {
      agentId,
      events: pieces.length,
      minTs,
      maxTs,
      types,
      bytes: agentId === holder ? frame : NO_BYTES,
      frameOf: agentId === holder ? null : holder,
      textFrom: isShared ? from : WHOLE_TEXT,
      // Nothing is left of it where all of its users were erased.
      textTo: isShared ? Math.max(from, at - 1) : WHOLE_TEXT,
    };
  });
}

/** Where blocks are joined, one frame at a time: fresh memory for each costs more than all copying. Grown by doubling. */
let lines = Buffer.allocUnsafeSlow(2 ** 20);

/** The lines of blocks with a newline between each two, good until the next call. */
function joined(blocks: readonly AgentBlock[]): Buffer {
  const size = bytesOf(blocks);
  if (lines.length < size) lines = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(size)));
  let at = 0;
  for (const [, { pieces, ranges }] of blocks) {
    for (let index = 0; index < pieces.length; index++) {
      at += (pieces[index] as Buffer).copy(lines, at, ranges[2 * index], ranges[2 * index + 1]);
      lines[at++] = NEWLINE;
    }
  }
  return lines.subarray(0, Math.max(0, at - 1));
}

async function noteErased(transaction: Transaction, source: number, seq: number, blocks: readonly AgentBlock[]): Promise<void> {
  await transaction.query(
    `update event_blocks b set erased = e.erased from unnest($3::text[], $4::int[]) as e (agent_id, erased)
     where b.source = $1 and b.seq = $2 and b.agent_id = e.agent_id`,
    [source, seq, blocks.map(([agentId]) => agentId), blocks.map(([, { erased }]) => erased)],
  );
}

async function insert(transaction: Transaction, source: number, seq: number, blocks: readonly StoredBlock[]): Promise<void> {
  const count = blocks.length;
  const at = (index: number) => blocks[index] as StoredBlock;
  await transaction.query({
    name: 'insert-event-blocks',
    text: `insert into event_blocks (source, seq, agent_id, events, min_ts, max_ts, types, block, frame_of, text_from, text_to)
           select $1, $2, agent_id, events, min_ts, max_ts, types, block, frame_of, nullif(text_from, ${WHOLE_TEXT}), nullif(text_to, ${WHOLE_TEXT})
           from unnest($3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::smallint[], $8::bytea[], $9::text[], $10::bigint[], $11::bigint[])
             as given (agent_id, events, min_ts, max_ts, types, block, frame_of, text_from, text_to)`,
    values: [
      source,
      seq,
      textArray(count, (i) => at(i).agentId),
      int8Array(count, (i) => at(i).events),
      int8Array(count, (i) => at(i).minTs),
      int8Array(count, (i) => at(i).maxTs),
      int2Array(count, (i) => at(i).types),
      byteaArray(count, (i) => at(i).bytes),
      textArray(count, (i) => at(i).frameOf),
      int8Array(count, (i) => at(i).textFrom),
      int8Array(count, (i) => at(i).textTo),
    ],
  });
}
