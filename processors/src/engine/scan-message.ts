import { MESSAGE_TYPES, timeRefusal } from '@fleetbeat/contracts/events.ts';
import { FIELDS_LOOKED_AT } from '@fleetbeat/contracts/surely-valid.ts';
import { hashAscii, hashHi, hashLo } from '@fleetbeat/infra/time-series/hash64.ts';
import { measured, TYPE_INDEX } from './measured.ts';

/**
 * Finds in the bytes of an agent's message what is counted of it, without parsing it: most events are messages of a plain
 * shape, and parsing them was the largest cost of a processor. It knows JSON of one object without nested values, and
 * whatever it is not sure of it leaves to the parser and the schema; a test holds the two against each other.
 */

/** A short string that comes again and again: an agent, a model, a host, a message type. */
export interface Known {
  readonly text: string;
  /** Its hash, as of `hashString`. */
  readonly hi: number;
  readonly lo: number;
  /** Its place in MESSAGE_TYPES, -1 where it is none. */
  readonly type: number;
}

const NOBODY: Known = { text: '', hi: 0, lo: 0, type: -1 };

/** What was found by the last scan that succeeded, besides `measured`. */
export const scanned = {
  /** One past the line's last byte. */
  end: 0,
  agent: NOBODY,
  /** Where the client's id stands; -1 where there is none. */
  idStart: -1,
  idEnd: -1,
  ts: 0,
};

/** What the gateway has answered with 2xx must not be refused here because the log's clock differs or the append took long. */
export const CLOCK_SLACK_MS = 60_000;

const BLANK = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPENING = 0x7b;
const CLOSING = 0x7d;
const NEWLINE = 0x0a;

/** So many bytes are looked at together. */
const WORD = 4;
const EACH_BYTE = 0x01010101;
const EACH_QUOTE = QUOTE * EACH_BYTE;
const EACH_BACKSLASH = BACKSLASH * EACH_BYTE;
const EACH_BLANK = 0x20 * EACH_BYTE;
const EACH_DELETE = 0x7f * EACH_BYTE;
const HIGH_BITS = 0x80808080 | 0;

/** What the record at hand stands in, to take words from: the same for all records of a fetch. */
let memory: DataView = new DataView(new ArrayBuffer(0));
let record: Buffer = Buffer.alloc(0);
let recordAt = 0;

type Field = (typeof FIELDS_LOOKED_AT)[number];
const fieldNamed = (name: Field): number => FIELDS_LOOKED_AT.indexOf(name);
const ID = fieldNamed('id');
const TS = fieldNamed('ts');
const AGENT = fieldNamed('agent_id');
const TYPE = fieldNamed('message_type');
const CONTENT = fieldNamed('content');
const ERROR_DETAILS = fieldNamed('error_details');
const RESPONSE_TIME = fieldNamed('response_time_ms');
const INPUT = fieldNamed('input_tokens');
const OUTPUT = fieldNamed('output_tokens');
const CACHE_READ = fieldNamed('cache_read_tokens');
const CACHE_WRITE = fieldNamed('cache_write_tokens');
const REASONING = fieldNamed('reasoning_tokens');
const TOKEN_COUNT = fieldNamed('token_count');
const MODEL = fieldNamed('model_used');
const USER = fieldNamed('user_id');
const SESSION = fieldNamed('session_id');
const TASK = fieldNamed('task_id');
const WORKFLOW = fieldNamed('workflow_id');
const HOST = fieldNamed('host_id');
const FEEDBACK = fieldNamed('user_feedback');
const COST = fieldNamed('cost_usd');
const UNKNOWN = FIELDS_LOOKED_AT.length;

const TOKEN_CLASSES = (1 << INPUT) | (1 << OUTPUT) | (1 << CACHE_READ) | (1 << CACHE_WRITE) | (1 << REASONING);
const NEEDED = (1 << TS) | (1 << AGENT) | (1 << TYPE);

/** Names as they stand in an event, in words of four bytes, of which the last two may overlap. */
const NAMES = FIELDS_LOOKED_AT.map((name) => {
  const bytes = Buffer.from(`"${name}"`);
  const words = Array.from({ length: Math.ceil(bytes.length / WORD) }, (_, n) =>
    bytes.readInt32LE(Math.min(n * WORD, bytes.length - WORD)),
  );
  return { length: bytes.length, words: Int32Array.from(words) };
});
type Name = (typeof NAMES)[number];
/** Which field followed each the last time: producers write them in one order. */
const FOLLOWER = new Uint8Array(UNKNOWN + 1);

const MOST_TOKENS = 1_000_000_000;
const LONGEST_ID = 256;
/** As many digits are exact in a double, and so is the quotient of two such numbers rounded as the parser does. */
const EXACT_DIGITS = 15;
const POWERS_OF_TEN = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => 10 ** power);

/** The number found last; in an array, so that it needs no object of its own. */
const number = new Float64Array(1);

/**
 * Whether a line of a record, which is UTF-8, holds a message that was understood and is valid at `appendedAt` (epoch ms);
 * then `measured` and `scanned` say what is in it. False means nothing but that the line must be parsed.
 */
export function scanMessage(bytes: Buffer, start: number, appendedAt: number): boolean {
  const limit = bytes.length;
  if (bytes[start] !== OPENING) return false;
  if (bytes !== record) lookAt(bytes);
  clear();
  let found = 0;
  let tokenCount = 0;
  let field: number = UNKNOWN;
  let at = afterBlanks(bytes, start + 1);
  for (;;) {
    if (bytes[at] !== QUOTE) return false;
    field = fieldAt(bytes, at, field);
    if (field === UNKNOWN) {
      at = plainEnd(bytes, at + 1) + 1;
      if (at === 0) return false;
    } else {
      // Of two fields of one name the last counts.
      if ((found & (1 << field)) !== 0) return false;
      found |= 1 << field;
      at += (NAMES[field] as Name).length;
    }
    at = afterBlanks(bytes, at);
    if (bytes[at] !== COLON) return false;
    at = afterBlanks(bytes, at + 1);
    if (bytes[at] === QUOTE) {
      const from = at + 1;
      const isFree = field === CONTENT || field === ERROR_DETAILS || field === UNKNOWN;
      const to = isFree ? textEnd(bytes, from) : plainEnd(bytes, from);
      if (to === -1 || !(isFree || takeId(field, bytes, from, to))) return false;
      at = to + 1;
    } else {
      at = numberEnd(bytes, at);
      if (at === -1) return false;
      const value = number[0] as number;
      if (field === TOKEN_COUNT) {
        if (!isCount(value)) return false;
        tokenCount = value;
      } else if (field !== UNKNOWN && !takeNumber(field, value)) return false;
    }
    at = afterBlanks(bytes, at);
    if (bytes[at] === CLOSING) break;
    if (bytes[at] !== COMMA) return false;
    at = afterBlanks(bytes, at + 1);
  }
  at = afterBlanks(bytes, at + 1);
  if (at < limit && bytes[at] !== NEWLINE) return false;
  if ((found & NEEDED) !== NEEDED || timeRefusal(scanned.ts, appendedAt, CLOCK_SLACK_MS) !== undefined) return false;
  if ((found & TOKEN_CLASSES) === 0) measured.other = tokenCount;
  scanned.end = at;
  return true;
}

function lookAt(bytes: Buffer): void {
  if (memory.buffer !== bytes.buffer) memory = new DataView(bytes.buffer);
  record = bytes;
  recordAt = bytes.byteOffset;
}

/** The four bytes of the record from `at` on. */
function wordAt(at: number): number {
  return memory.getInt32(recordAt + at, true);
}

function clear(): void {
  scanned.idStart = -1;
  measured.model = undefined;
  measured.hostId = undefined;
  measured.input = 0;
  measured.output = 0;
  measured.cacheRead = 0;
  measured.cacheWrite = 0;
  measured.reasoning = 0;
  measured.other = 0;
  measured.responseUs = -1;
  measured.scored = false;
  measured.scoreMicros = 0;
  measured.costMicros = 0;
  measured.hasUser = false;
}

/** Takes a string of ASCII without escapes; false where the field must not be one, or not this one. */
function takeId(field: number, bytes: Buffer, from: number, to: number): boolean {
  // What begins with a blank may hold nothing else, which no id does.
  if (to === from || to - from > LONGEST_ID || bytes[from] === BLANK) return false;
  switch (field) {
    case ID:
      scanned.idStart = from;
      scanned.idEnd = to;
      return true;
    case AGENT:
      scanned.agent = known(bytes, from, to);
      return true;
    case TYPE:
      measured.type = known(bytes, from, to).type;
      return measured.type !== -1;
    case MODEL:
      measured.model = known(bytes, from, to).text;
      return true;
    case HOST:
      measured.hostId = known(bytes, from, to).text;
      return true;
    case USER:
      hashAscii(bytes, from, to);
      measured.hasUser = true;
      measured.userHi = hashHi;
      measured.userLo = hashLo;
      return true;
    case SESSION:
    case TASK:
    case WORKFLOW:
      return true;
    default:
      return false;
  }
}

/** Takes a number; false where the field must not be one, or not this one. */
function takeNumber(field: number, value: number): boolean {
  switch (field) {
    case TS:
      scanned.ts = Math.floor(value);
      return true;
    case INPUT:
      measured.input = value;
      return isCount(value);
    case OUTPUT:
      measured.output = value;
      return isCount(value);
    case CACHE_READ:
      measured.cacheRead = value;
      return isCount(value);
    case CACHE_WRITE:
      measured.cacheWrite = value;
      return isCount(value);
    case REASONING:
      measured.reasoning = value;
      return isCount(value);
    case RESPONSE_TIME:
      measured.responseUs = Math.round(value * 1_000);
      return value >= 0 && value <= 86_400_000;
    case FEEDBACK:
      measured.scored = true;
      measured.scoreMicros = Math.round(value * 1e6);
      return value >= -1_000 && value <= 1_000;
    case COST:
      measured.costMicros = Math.round(value * 1e6);
      return value >= 0 && value <= 10_000;
    default:
      return false;
  }
}

function isCount(value: number): boolean {
  return value >= 0 && value <= MOST_TOKENS && Number.isInteger(value);
}

function afterBlanks(bytes: Buffer, start: number): number {
  let at = start;
  // One comparison tells that there is none, as there mostly is.
  while ((bytes[at] as number) <= 0x20 && isBlank(bytes[at] as number)) at++;
  return at;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}

/** Which field's name stands at a quote; UNKNOWN where it is none of ours. `before` is the field before it. */
function fieldAt(bytes: Buffer, at: number, before: number): number {
  const likely = FOLLOWER[before] as number;
  if (isNameAt(bytes, at, likely)) return likely;
  for (let field = 0; field < UNKNOWN; field++) {
    if (!isNameAt(bytes, at, field)) continue;
    FOLLOWER[before] = field;
    return field;
  }
  return UNKNOWN;
}

function isNameAt(bytes: Buffer, at: number, field: number): boolean {
  const { length, words } = NAMES[field] as Name;
  if (at + length > bytes.length) return false;
  const last = words.length - 1;
  for (let word = 0; word < last; word++) if (wordAt(at + word * WORD) !== words[word]) return false;
  return wordAt(at + length - WORD) === words[last];
}

/** Where a string ends that is ASCII without control characters and escapes; -1 where it is not. */
function plainEnd(bytes: Buffer, start: number): number {
  const limit = bytes.length;
  let at = start;
  while (at + WORD <= limit) {
    const word = wordAt(at);
    if (((word | endsOf(word) | zerosOf(word ^ EACH_DELETE)) & HIGH_BITS) !== 0) break;
    at += WORD;
  }
  for (; at < limit; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at;
    if (byte < 0x20 || byte >= 0x7f || byte === BACKSLASH) return -1;
  }
  return -1;
}

/** Where a string of any text ends; -1 where it is no JSON. */
function textEnd(bytes: Buffer, start: number): number {
  const limit = bytes.length;
  for (let at = start; at < limit; at++) {
    while (at + WORD <= limit && (endsOf(wordAt(at)) & HIGH_BITS) === 0) at += WORD;
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at;
    if (byte < 0x20) return -1;
    if (byte !== BACKSLASH) continue;
    at++;
    if (ESCAPED.has(bytes[at])) continue;
    if (bytes[at] !== LETTER_U || !isHex(bytes, at + 1)) return -1;
    at += 4;
  }
  return -1;
}

/** High bits are set where one of four bytes is 0, and perhaps in those above it (Mycroft 1987). */
function zerosOf(word: number): number {
  return (word - EACH_BYTE) & ~word;
}

/** High bits are set where one of four bytes is a quote, a backslash or a control character, and perhaps in those above it. */
function endsOf(word: number): number {
  return zerosOf(word ^ EACH_QUOTE) | zerosOf(word ^ EACH_BACKSLASH) | ((word - EACH_BLANK) & ~word);
}

const ESCAPED: ReadonlySet<number | undefined> = new Set(Buffer.from('"\\/bfnrt'));
const LETTER_U = 0x75;

function isHex(bytes: Buffer, at: number): boolean {
  return /^[0-9a-f]{4}$/i.test(bytes.toString('latin1', at, at + 4));
}

/** Where a number ends, its value in `number`; -1 where there is none. */
function numberEnd(bytes: Buffer, start: number): number {
  const first = bytes[start] === MINUS ? start + 1 : start;
  let at = first;
  let value = 0;
  while (isDigit(bytes[at])) value = value * 10 + (bytes[at++] as number) - ZERO;
  let digits = at - first;
  if (digits === 0 || (digits > 1 && bytes[first] === ZERO)) return -1;
  if (bytes[at] === DOT) {
    const point = at++;
    while (isDigit(bytes[at])) value = value * 10 + (bytes[at++] as number) - ZERO;
    const decimals = at - point - 1;
    if (decimals === 0) return -1;
    digits += decimals;
    if (digits <= EXACT_DIGITS) value /= POWERS_OF_TEN[decimals] as number;
  }
  if (digits > EXACT_DIGITS) value = Math.abs(Number(bytes.toString('latin1', start, at)));
  number[0] = first === start ? value : -value;
  return at;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= 0x39;
}

/** Each in the one place that its bytes give it, where the next with the same place follows it. */
const KNOWN = new Array<Known>(2 ** 14).fill(NOBODY);

function known(bytes: Buffer, start: number, end: number): Known {
  const place = placeOf(bytes, start, end);
  const found = KNOWN[place] as Known;
  if (isText(found.text, bytes, start, end)) return found;
  hashAscii(bytes, start, end);
  const text = bytes.toString('latin1', start, end);
  const type = TYPE_INDEX.get(text) ?? -1;
  const added = { text, hi: hashHi, lo: hashLo, type: type < MESSAGE_TYPES.length ? type : -1 };
  KNOWN[place] = added;
  return added;
}

/** Cheaper than a hash that is stored, and need not be as good. */
function placeOf(bytes: Buffer, start: number, end: number): number {
  let mixed = end - start;
  let at = start;
  for (; at + WORD <= end; at += WORD) mixed = stir(mixed ^ wordAt(at));
  for (; at < end; at++) mixed = stir(mixed ^ (bytes[at] as number));
  return mixed & (KNOWN.length - 1);
}

function stir(mixed: number): number {
  const stirred = Math.imul(mixed, 0x9e3779b1);
  return stirred ^ (stirred >>> 15);
}

function isText(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) !== bytes[start + index]) return false;
  return true;
}
