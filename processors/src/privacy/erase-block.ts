import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { storedEventTime } from '@fleetbeat/contracts/events.ts';

/** Bytes of text that one frame may unpack to. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024;

export interface UserEvents {
  readonly userId: string;
  /** Those that happened up to then, epoch milliseconds. */
  readonly coversUntil: number;
}

/** Where an agent's lines are in the text of a frame, half-open; null: all are its own. */
export interface Part {
  readonly agentId: string;
  readonly from: number | null;
  readonly to: number | null;
}

export interface ErasedFrame {
  readonly frame: Buffer;
  readonly parts: readonly (Part & { readonly erased: number })[];
}

/** Unpacks a frame of raw events; null where it has none of the user for sure. */
export function unpackFrameOf(frame: Buffer, { userId }: UserEvents): Buffer | null {
  const text = zstdDecompressSync(frame, { maxOutputLength: MAX_FRAME_BYTES });
  return mayName(text, literalOf(userId)) ? text : null;
}

/** Takes a user's events out of the text of a frame, of which these parts are kept; null where it has none. */
export function eraseFromFrame(text: Buffer, parts: readonly Part[], user: UserEvents): ErasedFrame | null {
  const literal = literalOf(user.userId);
  const pieces: Buffer[] = [];
  let at = 0;
  const left = parts.map(({ agentId, from, to }) => {
    const lines = linesOf(text, from ?? 0, to ?? text.length);
    const kept = lines.filter((line) => !isOf(line, user, literal));
    const piece = Buffer.from(kept.map((line) => `${line}\n`).join(''));
    const start = at;
    pieces.push(piece);
    at += piece.length;
    const place = from === null ? { from, to } : { from: start, to: Math.max(start, at - 1) };
    return { agentId, ...place, erased: lines.length - kept.length };
  });
  if (left.every(({ erased }) => erased === 0)) return null;
  // Lines stand apart; after the last one there is nothing.
  const all = Buffer.concat(pieces).subarray(0, Math.max(0, at - 1));
  return { frame: zstdCompressSync(all), parts: left };
}

function linesOf(text: Buffer, from: number, to: number): string[] {
  return to <= from ? [] : text.toString('utf8', from, to).split('\n');
}

/** A user's id as most write it in JSON. */
export function literalOf(userId: string): string {
  return JSON.stringify(userId).slice(1, -1);
}

/** Any character may be written as an escape: where there is none, an id that is not there as it is, is not there. */
function mayName(text: Buffer | string, literal: string): boolean {
  return text.includes(literal) || text.includes('\\u') || text.includes('\\/');
}

function isOf(line: string, { userId, coversUntil }: UserEvents, literal: string): boolean {
  if (!mayName(line, literal)) return false;
  const fields = JSON.parse(line) as Record<string, unknown>;
  return fields['user_id'] === userId && storedEventTime(fields) <= coversUntil;
}
