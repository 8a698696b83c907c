import { isUtf8 } from 'node:buffer';
import type * as z from 'zod';
import {
  describeIssue,
  EVENT_KINDS,
  eventTime,
  MAX_EVENT_BYTES,
  MAX_NESTING,
  timeRefusal,
  topicOf,
  type EventTopic,
} from '@fleetbeat/contracts/events.ts';
import { TOO_DEEP } from './event-ranges.ts';
import { isSurelyValidMessage } from '@fleetbeat/contracts/surely-valid.ts';

/** Why an event of a batch is refused, as clients and metrics see it. */
export const REJECTION_CODES = [
  'malformed_json',
  'not_a_number',
  'invalid_utf8',
  'event_too_large',
  'nested_too_deep',
  'not_an_object',
  'unknown_kind',
  'missing_agent_id',
  'missing_host_id',
  'missing_task_id',
  'invalid_agent_id',
  'invalid_host_id',
  'invalid_task_id',
  'agent_id_mismatch',
  'invalid_field',
  'ts_too_old',
  'ts_too_far_ahead',
] as const;
export type RejectionCode = (typeof REJECTION_CODES)[number];

export interface AcceptedEvent {
  readonly ok: true;
  readonly topic: EventTopic;
  /** The agent, host or task id. */
  readonly key: string;
  /** The id that was made for an event without one. */
  readonly madeId: string | undefined;
  /** Members to put in front of the event's own, as JSON text without braces; empty where nothing is missing. */
  readonly missing: string;
}

export interface RefusedEvent {
  readonly ok: false;
  readonly code: RejectionCode;
  readonly reason: string;
}

export type Verdict = AcceptedEvent | RefusedEvent;

export interface RequestFacts {
  /** When the request came, epoch milliseconds. */
  readonly receivedAt: number;
  /** The agent named by the path; its events need not repeat it. */
  readonly agentId: string | undefined;
  /** The whole body is valid UTF-8, so that its events are. */
  readonly bodyIsUtf8: boolean;
  readonly makeId: (now: number) => string;
}

/** Decides on one event, given as the bytes of `body` from `start` to `end` and the flags of its range. */
export function judgeEvent(body: Buffer, start: number, end: number, flags: number, request: RequestFacts): Verdict {
  if (end - start > MAX_EVENT_BYTES) {
    return refuse('event_too_large', `the event has ${end - start} bytes, at most ${MAX_EVENT_BYTES} are taken`);
  }
  if ((flags & TOO_DEEP) !== 0) return refuse('nested_too_deep', `nested deeper than ${MAX_NESTING} levels`);
  if (!request.bodyIsUtf8 && !isUtf8(body.subarray(start, end))) return refuse('invalid_utf8', 'is not valid UTF-8');

  const text = body.toString('utf8', start, end);
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch (error) {
    return describeSyntax(text, error);
  }
  if (!isObject(event)) return refuse('not_an_object', 'an event must be a JSON object');

  let missing = '';
  if (request.agentId !== undefined) {
    if (event['agent_id'] === undefined) {
      event['agent_id'] = request.agentId;
      missing = `"agent_id":${JSON.stringify(request.agentId)}`;
    } else if (event['agent_id'] !== request.agentId) {
      return refuse('agent_id_mismatch', 'agent_id is not the agent of the path');
    }
  }

  const topic = topicOf(event);
  if (topic === undefined) {
    return refuse('unknown_kind', 'has none of message_type, task_id and host_id, which tell what kind of event it is');
  }
  const kind = EVENT_KINDS[topic];
  const key = event[kind.key];
  if (key === undefined) return refuse(`missing_${kind.key}`, `${kind.key} is missing`);
  if (topic !== 'agent-events' || !isSurelyValidMessage(event, text)) {
    const parsed = kind.schema.safeParse(event);
    if (!parsed.success) return describeMismatch(parsed.error, kind.key);
  }

  const refusal = refusedTime(event, request.receivedAt);
  if (refusal !== undefined) return refusal;
  // JSON knows no undefined, and a null has been refused above.
  if (event['ts'] === undefined && event['timestamp'] === undefined) missing = join(`"ts":${request.receivedAt}`, missing);
  let madeId: string | undefined;
  if (event['id'] === undefined) {
    madeId = request.makeId(request.receivedAt);
    missing = join(`"id":"${madeId}"`, missing);
  }
  // The schema has checked that the key is a string.
  return { ok: true, topic, key: key as string, madeId, missing };
}

function refusedTime(event: { ts?: number | undefined; timestamp?: string | undefined }, receivedAt: number) {
  const time = eventTime(event, receivedAt);
  if (Number.isNaN(time)) return refuse('invalid_field', 'timestamp: is no time');
  const reason = timeRefusal(time, receivedAt);
  if (reason === undefined) return undefined;
  return refuse(time < receivedAt ? 'ts_too_old' : 'ts_too_far_ahead', reason);
}

function describeSyntax(text: string, error: unknown): RefusedEvent {
  if (/(?:^|[[,:]\s*)-?(?:NaN|Infinity)\b/.test(text)) {
    return refuse('not_a_number', 'NaN and Infinity are not JSON: leave the field out');
  }
  return refuse('malformed_json', error instanceof Error ? error.message : String(error));
}

function describeMismatch(error: z.ZodError, key: (typeof EVENT_KINDS)[EventTopic]['key']): RefusedEvent {
  const atKey = error.issues[0]?.path[0] === key;
  return refuse(atKey ? `invalid_${key}` : 'invalid_field', describeIssue(error));
}

function join(first: string, rest: string): string {
  return rest === '' ? first : `${first},${rest}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reasons quote what the client sent only in pieces, so their length is bounded. */
function refuse(code: RejectionCode, reason: string): RefusedEvent {
  return { ok: false, code, reason: reason.length > 300 ? `${reason.slice(0, 300)}…` : reason };
}
