import { isAscii, isUtf8 } from 'node:buffer';
import { EVENT_KINDS, describeIssue, eventTime, timeRefusal, type EventTopic } from '@fleetbeat/contracts/events.ts';
import { isSurelyValidMessage } from '@fleetbeat/contracts/surely-valid.ts';
import type { LogRecord } from '@fleetbeat/infra/event-log/event-log.ts';

/** What a dead letter says about why an event was refused. */
export type DeadLetterCode = 'not_utf8' | 'not_json' | 'not_valid' | 'time_out_of_range' | 'empty';

export interface DeadLetter {
  readonly offset: number;
  /** The event's place within its record, from 0. */
  readonly position: number;
  readonly appendedAt: number;
  readonly key: string | null;
  readonly code: DeadLetterCode;
  readonly reason: string;
  readonly payload: Buffer;
}

/** An event that satisfies its topic's schema. */
export interface DecodedEvent {
  /** The agent, host or task id. */
  readonly key: string;
  /** The client's id; undefined where the event came without one. */
  readonly id: string | undefined;
  /** When it happened, epoch milliseconds, within the accepted range around `appendedAt`. */
  readonly ts: number;
  /** The fields as sent. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The event as it came, one line of JSON. */
  readonly line: string;
  readonly offset: number;
  readonly position: number;
  readonly appendedAt: number;
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
  if (!isUtf8(value)) return decodeInvalidUtf8(record, topic, sink);
  const text = isAscii(value) ? value.toString('latin1') : value.toString('utf8');
  if (record.count === null && text.includes('\n')) {
    const whole = parseObject(text);
    if (whole !== undefined) {
      acceptOrRefuse(whole, text.replaceAll(/[\r\n]+/g, ' ').trim(), record, 0, topic, sink);
      return;
    }
  }
  let position = 0;
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const line = start === 0 && end === text.length ? text : text.slice(start, end);
    start = end + 1;
    if (line === '' || line === '\r') continue;
    decodeLine(line, record, position++, topic, sink);
  }
  if (position === 0) sink.dead(deadLetter(record, 0, 'empty', 'the record holds no event', value));
}

function decodeLine(line: string, record: LogRecord, position: number, topic: EventTopic, sink: DecodedSink): void {
  const fields = parseObject(line);
  if (fields === undefined) {
    sink.dead(deadLetter(record, position, 'not_json', 'is not a JSON object', Buffer.from(line)));
    return;
  }
  acceptOrRefuse(fields, line, record, position, topic, sink);
}

function acceptOrRefuse(
  fields: Record<string, unknown>,
  line: string,
  record: LogRecord,
  position: number,
  topic: EventTopic,
  sink: DecodedSink,
): void {
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
  const refusal = timeRefusal(ts, record.appendedAt);
  if (refusal !== undefined) {
    sink.dead(deadLetter(record, position, 'time_out_of_range', refusal, Buffer.from(line)));
    return;
  }
  const timed = ownTime === undefined && timestamp === undefined ? withTime(line, ts) : line;
  sink.event({
    key: fields[kind.key] as string,
    id,
    ts,
    fields,
    line: timed,
    offset: record.offset,
    position,
    appendedAt: record.appendedAt,
  });
}

/** Raw events are read back without their record, so the time must stand in the line itself. */
function withTime(line: string, ts: number): string {
  const brace = line.indexOf('{');
  return `{"ts":${ts},${line.slice(brace + 1)}`;
}

function decodeInvalidUtf8(record: LogRecord, topic: EventTopic, sink: DecodedSink): void {
  let position = 0;
  const { value } = record;
  for (let start = 0; start < value.length;) {
    const newline = value.indexOf(0x0a, start);
    const end = newline === -1 ? value.length : newline;
    const line = value.subarray(start, end);
    start = end + 1;
    if (line.length === 0) continue;
    if (isUtf8(line)) decodeLine(line.toString('utf8'), record, position, topic, sink);
    else sink.dead(deadLetter(record, position, 'not_utf8', 'is not valid UTF-8', Buffer.from(line)));
    position++;
  }
}

function deadLetter(record: LogRecord, position: number, code: DeadLetterCode, reason: string, payload: Buffer): DeadLetter {
  return { offset: record.offset, position, appendedAt: record.appendedAt, key: record.key, code, reason, payload };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
