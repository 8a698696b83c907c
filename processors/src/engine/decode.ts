import { isAscii, isUtf8 } from 'node:buffer';
import {
  EVENT_KINDS,
  EVENT_SLACK_BYTES,
  MAX_EVENT_BYTES,
  describeIssue,
  eventTime,
  timeRefusal,
  type EventTopic,
} from '@fleetbeat/contracts/events.ts';
import { isSurelyValidMessage } from '@fleetbeat/contracts/surely-valid.ts';
import type { LogRecord } from '@fleetbeat/infra/event-log/event-log.ts';
import { parseObject } from '@fleetbeat/infra/parse-object.ts';
import { hashAscii, hashHi, hashLo, hashString } from '@fleetbeat/infra/time-series/hash64.ts';
import { measure } from './measured.ts';
import { CLOCK_SLACK_MS, scanMessage, scanned } from './scan-message.ts';

/** What a dead letter says about why an event was refused. */
export type DeadLetterCode = 'not_utf8' | 'not_json' | 'too_large' | 'not_valid' | 'time_out_of_range' | 'empty';

export interface DeadLetter {
  readonly offset: number;
  /** The event's place within its record, from 0. */
  readonly position: number;
  readonly appendedAt: number;
  readonly key: string | null;
  readonly code: DeadLetterCode;
  readonly reason: string;
  readonly payload: Buffer;
  /** The request that brought it; undefined where its producer named none. */
  readonly requestId?: string | undefined;
}

/** An event that satisfies its topic's schema. While it is handed on, an agent event's measures are in `measured`. */
export interface DecodedEvent {
  /** The agent, host or task id. */
  readonly key: string;
  /**
   * Hash of key and client's id, as signed 32-bit halves. An event without an id is nobody's duplicate: it is known by its
   * place in the log.
   */
  readonly identityHi: number;
  readonly identityLo: number;
  /** When it happened, epoch milliseconds, within the accepted range around `appendedAt`. */
  readonly ts: number;
  /** The fields as sent; none of an agent's message whose measures were found without parsing it. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Where the event stands as it came, one line of JSON in UTF-8: in these bytes, from here to there. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  readonly position: number;
  readonly appendedAt: number;
  /** It is counted, but its raw event is not kept: its user was erased. */
  readonly erased?: true | undefined;
}

export interface DecodedSink {
  event(event: DecodedEvent): void;
  dead(letter: DeadLetter): void;
}

/**
 * Takes a record apart into events and dead letters, in order. Depends on nothing but the record, so
 * that a replay gives the same answer: event times are judged by the log's clock.
 *
 * A record without a declared count comes from a plain client: its whole value is tried as one JSON
 * document before it is read as lines.
 */
export function decodeRecord(record: LogRecord, topic: EventTopic, sink: DecodedSink): void {
  const { value } = record;
  if (record.count === null && value.includes(NEWLINE) && isUtf8(value)) {
    const whole = value.toString('utf8');
    const fields = parseObject(whole);
    if (fields !== undefined) {
      const line = whole.replaceAll(/[\r\n]+/g, ' ').trim();
      const bytes = Buffer.from(line);
      acceptOrRefuse(fields, line, bytes, 0, bytes.length, record, 0, topic, sink);
      return;
    }
  }
  const mayScan = topic === 'agent-events' && isUtf8(value);
  // In ASCII a place in the text is the same place in the bytes, so one conversion does for all lines that are parsed.
  let text: string | undefined;
  let mayBeAscii = true;
  let position = 0;
  for (let start = 0; start < value.length;) {
    if (mayScan && scanMessage(value, start, record.appendedAt) && scanned.end - start <= LARGEST_BYTES) {
      acceptScanned(record, start, position++, sink);
      start = scanned.end + 1;
      continue;
    }
    if (text === undefined && mayBeAscii) {
      mayBeAscii = isAscii(value);
      if (mayBeAscii) text = value.toString('latin1');
    }
    const newline = text === undefined ? value.indexOf(NEWLINE, start) : text.indexOf('\n', start);
    const end = newline === -1 ? value.length : newline;
    if (end > start && !(end === start + 1 && value[start] === CARRIAGE_RETURN)) {
      decodeLine(text?.slice(start, end), start, end, record, position++, topic, sink);
    }
    start = end + 1;
  }
  if (position === 0) sink.dead(deadLetter(record, 0, 'empty', 'the record holds no event', value));
}

const NO_FIELDS: DecodedEvent['fields'] = Object.freeze({});
/** What the gateway takes, and what it adds. */
const LARGEST_BYTES = MAX_EVENT_BYTES + EVENT_SLACK_BYTES;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

function acceptScanned(record: LogRecord, start: number, position: number, sink: DecodedSink): void {
  const { value, offset, appendedAt } = record;
  const { agent, idStart, idEnd, ts, end } = scanned;
  if (idStart === -1) hashString(placeOf('agent-events', offset, position), agent.hi, agent.lo);
  else hashAscii(value, idStart, idEnd, agent.hi, agent.lo);
  sink.event({
    key: agent.text,
    identityHi: hashHi,
    identityLo: hashLo,
    ts,
    fields: NO_FIELDS,
    bytes: value,
    start,
    end,
    offset,
    position,
    appendedAt,
  });
}

function placeOf(topic: EventTopic, offset: number, position: number): string {
  return `\u0000${topic} ${offset} ${position}`;
}

/** `ascii` is the line's text where the record is ASCII. */
function decodeLine(
  ascii: string | undefined,
  start: number,
  end: number,
  record: LogRecord,
  position: number,
  topic: EventTopic,
  sink: DecodedSink,
): void {
  const { value } = record;
  if (ascii === undefined && !isUtf8(value.subarray(start, end))) {
    sink.dead(deadLetter(record, position, 'not_utf8', 'is not valid UTF-8', Buffer.from(value.subarray(start, end))));
    return;
  }
  const line = ascii ?? value.toString('utf8', start, end);
  const fields = parseObject(line);
  if (fields === undefined) {
    sink.dead(deadLetter(record, position, 'not_json', 'is not a JSON object', Buffer.from(line)));
    return;
  }
  acceptOrRefuse(fields, line, value, start, end, record, position, topic, sink);
}

function acceptOrRefuse(
  fields: Record<string, unknown>,
  line: string,
  bytes: Buffer,
  start: number,
  end: number,
  record: LogRecord,
  position: number,
  topic: EventTopic,
  sink: DecodedSink,
): void {
  if (end - start > LARGEST_BYTES) {
    const reason = `has ${end - start} bytes, at most ${MAX_EVENT_BYTES} are taken`;
    sink.dead(deadLetter(record, position, 'too_large', reason, Buffer.from(line)));
    return;
  }
  const kind = EVENT_KINDS[topic];
  if (topic !== 'agent-events' || !isSurelyValidMessage(fields, line)) {
    const checked = kind.schema.safeParse(fields);
    if (!checked.success) {
      sink.dead(deadLetter(record, position, 'not_valid', describeIssue(checked.error), Buffer.from(line)));
      return;
    }
  }
  // The schema has just proven these fields' types.
  const { id, ts: ownTime, timestamp } = fields as { id?: string; ts?: number; timestamp?: string };
  const ts = eventTime({ ts: ownTime, timestamp }, record.appendedAt);
  const refusal = timeRefusal(ts, record.appendedAt, CLOCK_SLACK_MS);
  if (refusal !== undefined) {
    sink.dead(deadLetter(record, position, 'time_out_of_range', refusal, Buffer.from(line)));
    return;
  }
  const { offset, appendedAt } = record;
  const key = fields[kind.key] as string;
  hashString(key);
  const keyHi = hashHi;
  const keyLo = hashLo;
  hashString(id ?? placeOf(topic, offset, position), keyHi, keyLo);
  const identityHi = hashHi;
  const identityLo = hashLo;
  if (topic === 'agent-events') measure(fields);
  const isTimed = ownTime !== undefined || timestamp !== undefined;
  const timed = isTimed ? bytes : withTime(line, ts);
  sink.event({
    key,
    identityHi,
    identityLo,
    ts,
    fields,
    bytes: timed,
    start: isTimed ? start : 0,
    end: isTimed ? end : timed.length,
    offset,
    position,
    appendedAt,
  });
}

/** Raw events are read back without their record, so the time must stand in the line itself. */
function withTime(line: string, ts: number): Buffer {
  const brace = line.indexOf('{');
  return Buffer.from(`{"ts":${ts},${line.slice(brace + 1)}`);
}

function deadLetter(record: LogRecord, position: number, code: DeadLetterCode, reason: string, payload: Buffer): DeadLetter {
  const { offset, appendedAt, key, requestId } = record;
  return { offset, position, appendedAt, key, code, reason, payload, requestId };
}
