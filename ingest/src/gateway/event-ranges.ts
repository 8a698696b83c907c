import { MAX_NESTING } from '@fleetbeat/contracts/events.ts';

/**
 * Finds where the events of a body begin and end, in bytes, without parsing them: it follows strings,
 * escapes and brackets only. So each event can be judged on its own and passed on as the bytes it came in.
 *
 * Loops run below `end`, which never exceeds the body's length, and every byte has a class; the `as number` say
 * so to the compiler.
 */

/** The range holds line breaks outside of strings: the event was pretty-printed. */
export const HAS_LINE_BREAK = 1;
/** The event nests deeper than MAX_NESTING. */
export const TOO_DEEP = 2;

/** Ranges of events: start, end (exclusive) and flags of the first, of the second and so on. */
export type EventRanges = number[];
export const RANGE_STRIDE = 3;

export type Split =
  | { readonly ok: true; readonly ranges: EventRanges }
  | { readonly ok: false; readonly code: 'empty_body' | 'malformed_body' | 'too_many_events'; readonly reason: string };

/** What a body's content type says; a body that begins with `[` is an array under either. */
export type WireFormat = 'json' | 'ndjson';

const PLAIN = 0;
const QUOTE = 1;
const OPEN = 2;
const CLOSE = 3;
const COMMA = 4;
const LINE_BREAK = 5;

const BYTE_CLASS = new Uint8Array(256).fill(PLAIN);
BYTE_CLASS[0x22] = QUOTE;
BYTE_CLASS[0x5b] = OPEN;
BYTE_CLASS[0x7b] = OPEN;
BYTE_CLASS[0x5d] = CLOSE;
BYTE_CLASS[0x7d] = CLOSE;
BYTE_CLASS[0x2c] = COMMA;
BYTE_CLASS[0x0a] = LINE_BREAK;
BYTE_CLASS[0x0d] = LINE_BREAK;

/** Beyond this many bytes of one string a native search is faster than the loop. */
const LONG_STRING = 96;

/**
 * Splits a body into the ranges of its events. An array whose brackets or strings do not close is refused
 * whole, since nobody can tell where its events end; lines are independent of each other.
 *
 * @param maxEvents more than this many events is a refusal
 */
export function splitEvents(body: Buffer, format: WireFormat, maxEvents: number): Split {
  const from = skipSpace(body, startsWithByteOrderMark(body) ? 3 : 0, body.length);
  if (from === body.length) return { ok: false, code: 'empty_body', reason: 'the body is empty' };
  if (body[from] === 0x5b) return splitArray(body, from, maxEvents);
  if (format === 'json') {
    const single = singleValue(body, from);
    if (single !== undefined) return { ok: true, ranges: single };
  }
  return splitLines(body, from, maxEvents);
}

function splitArray(body: Buffer, from: number, maxEvents: number): Split {
  const end = body.length;
  const ranges: EventRanges = [];
  let depth = 1;
  let deepest = 1;
  let flags = 0;
  let start = from + 1;
  let at = from + 1;
  let close = -1;
  scan: while (at < end) {
    switch (BYTE_CLASS[body[at] as number] as number) {
      case QUOTE:
        at = endOfString(body, at + 1, end);
        if (at === end) break scan;
        break;
      case OPEN:
        if (++depth > deepest) deepest = depth;
        break;
      case CLOSE:
        if (--depth === 0) {
          close = at;
          break scan;
        }
        break;
      case COMMA:
        if (depth === 1) {
          pushRange(body, ranges, start, at, flags, deepest - 1);
          if (ranges.length > maxEvents * RANGE_STRIDE) return tooMany(maxEvents);
          start = at + 1;
          flags = 0;
          deepest = 1;
        }
        break;
      case LINE_BREAK:
        // Between two elements it is cut away with the other white space.
        if (depth > 1) flags = HAS_LINE_BREAK;
        break;
    }
    at++;
  }
  if (close === -1) return malformed('the array does not end: a bracket or a string is not closed');
  if (body[close] !== 0x5d) return malformed(`the array is closed by } at byte ${close}`);
  if (skipSpace(body, close + 1, end) !== end) return malformed(`something follows the array at byte ${close + 1}`);
  if (ranges.length > 0 || skipSpace(body, start, close) < close) {
    pushRange(body, ranges, start, close, flags, deepest - 1);
    if (ranges.length > maxEvents * RANGE_STRIDE) return tooMany(maxEvents);
  }
  return { ok: true, ranges };
}

/**
 * The range of a JSON body that is one value, pretty-printed or not. Undefined where it is lines: another
 * value follows, or the value does not end and its first line looks like a whole object.
 */
function singleValue(body: Buffer, from: number): EventRanges | undefined {
  const shape = measure(body, from, body.length);
  if (shape.end === body.length || skipSpace(body, shape.end, body.length) === body.length) {
    const firstBreak = body.indexOf(0x0a, from);
    const firstLineCloses = firstBreak !== -1 && body[trimEnd(body, from, firstBreak) - 1] === 0x7d;
    if (!shape.closed && firstLineCloses) return undefined;
    const ranges: EventRanges = [];
    pushRange(body, ranges, from, shape.end, shape.flags, shape.deepest);
    return ranges;
  }
  return undefined;
}

function splitLines(body: Buffer, from: number, maxEvents: number): Split {
  const ranges: EventRanges = [];
  let start = from;
  while (start < body.length) {
    const lineBreak = body.indexOf(0x0a, start);
    const end = lineBreak === -1 ? body.length : lineBreak;
    const first = skipSpace(body, start, end);
    // Blank lines are no events; a last one is how most writers end.
    if (first < end) {
      const { flags, deepest } = measure(body, first, end, true);
      pushRange(body, ranges, first, end, flags, deepest);
      if (ranges.length > maxEvents * RANGE_STRIDE) return tooMany(maxEvents);
    }
    start = end + 1;
  }
  return { ok: true, ranges };
}

interface Shape {
  /** One past the value's last byte, or the end of what was looked at where it does not close. */
  readonly end: number;
  readonly closed: boolean;
  readonly flags: number;
  readonly deepest: number;
}

function measure(body: Buffer, from: number, end: number, wholeRange = false): Shape {
  let depth = 0;
  let deepest = 0;
  let flags = 0;
  let at = from;
  scan: while (at < end) {
    switch (BYTE_CLASS[body[at] as number] as number) {
      case QUOTE:
        at = endOfString(body, at + 1, end);
        if (at === end) break scan;
        break;
      case OPEN:
        if (++depth > deepest) deepest = depth;
        break;
      case CLOSE:
        if (--depth <= 0 && !wholeRange) return { end: at + 1, closed: depth === 0, flags, deepest };
        break;
      case LINE_BREAK:
        flags = HAS_LINE_BREAK;
        break;
    }
    at++;
  }
  return { end, closed: false, flags, deepest };
}

/** Where the string that begins at `at` has its closing quote; `end` where it has none. */
function endOfString(body: Buffer, at: number, end: number): number {
  const near = Math.min(end, at + LONG_STRING);
  while (at < near) {
    const byte = body[at] as number;
    if (byte === 0x22) return at;
    at += byte === 0x5c ? 2 : 1;
  }
  while (at < end) {
    const quote = body.indexOf(0x22, at);
    if (quote === -1 || quote >= end) return end;
    let escapes = quote;
    while (escapes > at && body[escapes - 1] === 0x5c) escapes--;
    if ((quote - escapes) % 2 === 0) return quote;
    at = quote + 1;
  }
  return end;
}

function pushRange(body: Buffer, ranges: EventRanges, start: number, end: number, flags: number, depth: number): void {
  const first = skipSpace(body, start, end);
  ranges.push(first, trimEnd(body, first, end), depth > MAX_NESTING ? flags | TOO_DEEP : flags);
}

function skipSpace(body: Buffer, at: number, end: number): number {
  while (at < end && isSpace(body[at] as number)) at++;
  return at;
}

function trimEnd(body: Buffer, start: number, end: number): number {
  while (end > start && isSpace(body[end - 1] as number)) end--;
  return end;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function startsWithByteOrderMark(body: Buffer): boolean {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
}

function malformed(reason: string): Split {
  return { ok: false, code: 'malformed_body', reason };
}

function tooMany(maxEvents: number): Split {
  return { ok: false, code: 'too_many_events', reason: `more than ${maxEvents} events in one request` };
}
