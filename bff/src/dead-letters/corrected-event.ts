import { isUtf8 } from 'node:buffer';
import { describeIssue, EVENT_KINDS, eventTime, timeRefusal, type EventTopic } from '@fleetbeat/contracts/events.ts';
import { parseObject } from '@fleetbeat/infra/parse-object.ts';

/** A dead letter as far as a replay needs it. */
export interface Letter {
  /** `source-offset-position` */
  readonly id: string;
  readonly topic: EventTopic;
  /** When it was appended to the log, epoch milliseconds. */
  readonly appendedAt: number;
  readonly payload: Buffer;
}

/** What is appended to the log: one line of JSON under its key. */
export interface ReplayableEvent {
  readonly kind: 'event';
  readonly key: string;
  readonly eventId: string;
  readonly line: string;
}

export type Refusal =
  { readonly kind: 'not-valid'; readonly reason: string } | { readonly kind: 'time-out-of-range'; readonly reason: string };

/**
 * The event that a letter stands for: `corrected` where somebody has put it right, else its own bytes. It keeps its id;
 * without one it gets one from the letter's, so that a replay that is done twice counts once. Without a time it happened
 * when the letter came. Refused at `now` as the processors would.
 */
export function eventOf(
  letter: Letter,
  corrected: Readonly<Record<string, unknown>> | undefined,
  now: number,
): ReplayableEvent | Refusal {
  const text = corrected === undefined ? textOf(letter.payload) : JSON.stringify(corrected);
  const fields = text === undefined ? undefined : parseObject(text);
  if (text === undefined || fields === undefined) {
    return { kind: 'not-valid', reason: text === undefined ? 'is not valid UTF-8' : 'is not a JSON object' };
  }
  const { schema, key } = EVENT_KINDS[letter.topic];
  const checked = schema.safeParse(fields);
  if (!checked.success) return { kind: 'not-valid', reason: describeIssue(checked.error) };

  const { id, ts, timestamp } = checked.data;
  const refusal = timeRefusal(eventTime({ ts, timestamp }, letter.appendedAt), now);
  if (refusal !== undefined) return { kind: 'time-out-of-range', reason: refusal };

  const eventId = id ?? `dead-letter-${letter.id}`;
  const added: Record<string, unknown> = {};
  if (id === undefined) added['id'] = eventId;
  if (ts === undefined && timestamp === undefined) added['ts'] = letter.appendedAt;
  // The schema has just proven that the key is there, and text.
  return { kind: 'event', key: fields[key] as string, eventId, line: withFields(text, added) };
}

/** The line as it came with fields put before its own: parsing and writing it anew could change large numbers. */
function withFields(text: string, added: Readonly<Record<string, unknown>>): string {
  const line = text.replaceAll(/[\r\n]+/g, ' ').trim();
  if (Object.keys(added).length === 0) return line;
  return `${JSON.stringify(added).slice(0, -1)},${line.slice(1)}`;
}

function textOf(payload: Buffer): string | undefined {
  return isUtf8(payload) ? payload.toString('utf8') : undefined;
}
