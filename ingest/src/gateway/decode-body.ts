import { isUtf8 } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';
import type { IngestAnswer, Rejection } from '@fleetbeat/contracts/api.ts';
import type { NewRecord } from '@fleetbeat/infra/event-log/event-log.ts';
import { RANGE_STRIDE, splitEvents, type WireFormat } from './event-ranges.ts';
import { judgeEvent } from './judge-event.ts';
import { RecordPacker, type Partitioner } from './pack-records.ts';

/** The most events one request may carry. */
export const MAX_EVENTS_PER_REQUEST = 100_000;
/** After so many events of one body other requests get a turn. */
const EVENTS_PER_TURN = 1_000;

export interface DecodeOptions {
  readonly format: WireFormat;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly agentId?: string | undefined;
  readonly partitionOf: Partitioner;
  readonly makeId: (now: number) => string;
  /** Records say which request brought them. */
  readonly requestId?: string | undefined;
}

export interface DecodedBody extends IngestAnswer {
  readonly ok: true;
  readonly records: NewRecord[];
}

export interface RefusedBody {
  readonly ok: false;
  readonly code: 'empty_body' | 'malformed_body' | 'too_many_events';
  readonly reason: string;
}

/**
 * Turns a body into records for the event log and the answer for its sender. Events pass through as the
 * bytes they came in; a bad one costs only itself.
 */
export async function decodeBody(body: Buffer, options: DecodeOptions): Promise<DecodedBody | RefusedBody> {
  const split = splitEvents(body, options.format, MAX_EVENTS_PER_REQUEST);
  if (!split.ok) return split;

  const { ranges } = split;
  const { receivedAt, agentId, makeId } = options;
  const request = { receivedAt, agentId, makeId, bodyIsUtf8: isUtf8(body) };
  const packer = new RecordPacker(body, options.partitionOf, options.requestId);
  const rejected: Rejection[] = [];
  const ids: IngestAnswer['ids'] = [];
  const count = ranges.length / RANGE_STRIDE;
  for (let index = 0; index < count; index++) {
    if (index > 0 && index % EVENTS_PER_TURN === 0) await setImmediate();
    const at = index * RANGE_STRIDE;
    // Ranges come in threes.
    const start = ranges[at] as number;
    const end = ranges[at + 1] as number;
    const flags = ranges[at + 2] as number;
    const verdict = judgeEvent(body, start, end, flags, request);
    if (verdict.ok) {
      packer.add(verdict, start, end, flags);
      if (verdict.madeId !== undefined) ids.push({ index, id: verdict.madeId });
    } else {
      rejected.push({ index, code: verdict.code, reason: verdict.reason });
    }
  }
  return { ok: true, accepted: count - rejected.length, rejected, ids, records: packer.records() };
}
