import * as z from 'zod';

/**
 * The order of raw events in answers: newest first by their own time, then by where they are stored,
 * so that no two events share a place.
 */
export interface EventPlace {
  readonly ts: number;
  readonly source: number;
  readonly seq: number;
  readonly agentId: string;
  /** Line in the block, from 0. */
  readonly position: number;
}

/** Below zero where `a` comes before `b` in an answer. */
export function compareEvents(a: EventPlace, b: EventPlace): number {
  return (
    b.ts - a.ts ||
    b.source - a.source ||
    b.seq - a.seq ||
    (a.agentId < b.agentId ? -1 : a.agentId > b.agentId ? 1 : 0) ||
    b.position - a.position
  );
}

/**
 * Where a page ended: its last event, and `reach`, the highest newest-event time of a block that may
 * still have events to come, so that the next page need not look at newer blocks.
 */
export interface EventCursor {
  readonly last: EventPlace;
  readonly reach: number;
}

const integer = z.number().int();
export const cursorPosition = z
  .tuple([integer, integer, integer, z.string().max(256), integer, integer])
  .transform(([ts, source, seq, agentId, position, reach]): EventCursor => ({
    last: { ts, source, seq, agentId, position },
    reach,
  }));

export function cursorContent({ last, reach }: EventCursor): unknown[] {
  return [last.ts, last.source, last.seq, last.agentId, last.position, reach];
}

/** A place before every event of the millisecond `ts`, and after every later event. */
export function beginningOf(ts: number): EventPlace {
  return { ts, source: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER, agentId: '', position: Number.MAX_SAFE_INTEGER };
}
