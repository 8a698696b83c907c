import type { IncomingMessage } from 'node:http';
import type { IngestAnswer, Rejection } from '@fleetbeat/contracts/api.ts';
import { LogUnavailable } from '@fleetbeat/infra/event-log/event-log.ts';
import { partitionOf as kafkaPartition } from '@fleetbeat/infra/event-log/murmur2.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { currentRequest } from '@fleetbeat/infra/request-id.ts';
import type { WatchedRedaction } from '@fleetbeat/infra/redaction/watch-redaction.ts';
import type { Authorize } from './access.ts';
import type { ByteBudget, Reservation } from './byte-budget.ts';
import { decodeBody, type RefusedBody } from './decode-body.ts';
import type { WireFormat } from './event-ranges.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import type { GuardedLog } from './guarded-log.ts';
import { readTraces, traceEncoding, type TraceEncoding } from './otlp/read-traces.ts';
import { readBody } from './read-body.ts';
import { redactReason, redactRecords } from './redact-records.ts';
import { createIdMaker } from '../uuid-v7.ts';

/** A request in which not one event was good; `errors` names the reason of each. */
export class NothingAccepted extends HttpProblem {
  readonly errors: readonly Rejection[];

  constructor(errors: readonly Rejection[]) {
    const why = errors[0]?.reason ?? 'there is none';
    const who = errors.length === 1 ? 'The event is not valid' : `None of the ${errors.length} events is valid; the first`;
    super(400, 'no-valid-event', `${who}: ${why}.`);
    this.errors = errors;
  }
}

export interface IngestParts {
  readonly authorize: Authorize;
  readonly budget: ByteBudget;
  readonly log: GuardedLog;
  readonly metrics: GatewayMetrics;
  readonly redaction: Pick<WatchedRedaction, 'current'>;
  readonly now: () => number;
}

/** What a path takes. */
export interface Taken {
  readonly as: 'events' | 'traces';
  /** The agent whose events they are, where the path names one. */
  readonly agentId?: string | undefined;
}

/** The answer, and the encoding in which traces came. */
export interface TakenIn extends IngestAnswer {
  readonly traces: TraceEncoding | null;
}

/**
 * Takes the events of one request: resolves with the answer once those that are good are durable, and
 * throws `HttpProblem` or `SenderGone` where none of them was taken.
 */
export type TakeEvents = (
  request: IncomingMessage,
  taken: Taken,
  /** Called once it is known that the body will be read. */
  beforeBody: () => void,
) => Promise<TakenIn>;

/** The events of a body as text, in the format that it names. */
type ReadEvents = (body: Buffer, reservation: Reservation) => Promise<Buffer>;

export function createTakeEvents({ authorize, budget, log, metrics, redaction, now }: IngestParts): TakeEvents {
  const makeId = createIdMaker();

  function reader(
    as: Taken['as'],
    contentType: string | undefined,
  ): { format: WireFormat; traces: TraceEncoding | null; read: ReadEvents } {
    if (as === 'events') return { format: wireFormat(contentType), traces: null, read: (body) => Promise.resolve(body) };
    const traces = traceEncoding(contentType);
    const read: ReadEvents = async (body, reservation) => {
      const { lines, ignored } = await readTraces(body, traces);
      metrics.ignored(ignored);
      reservation.give(body.length);
      reservation.take(lines.length);
      return lines;
    };
    return { format: 'ndjson', traces, read };
  }

  return async function takeEvents(request, { as, agentId }, beforeBody) {
    const client = await authorize(request);
    const { format, traces, read } = reader(as, request.headers['content-type']);
    const { partitions } = log;
    if (partitions === undefined) throw logAway();

    const reservation = budget.open(client);
    try {
      beforeBody();
      const body = await readBody(request, reservation);
      metrics.received(body.length);
      const events = await read(body, reservation);
      // Spans that stand for no event are nothing wrong.
      if (traces !== null && events.length === 0) return { accepted: 0, rejected: [], ids: [], traces };
      const decoded = await decodeBody(events, {
        format,
        receivedAt: now(),
        agentId,
        makeId,
        requestId: currentRequest(),
        // The log knows the count of every event topic.
        partitionOf: (topic, key) => kafkaPartition(key, partitions.get(topic) ?? 1),
      });
      if (!decoded.ok) throw bodyProblem(decoded);

      const { accepted, ids } = decoded;
      const { current } = redaction;
      const records = current === null ? decoded.records : await redactRecords(decoded.records, current);
      const rejected = current === null ? decoded.rejected : decoded.rejected.map((each) => redactReason(each, current));
      if (records.length > 0) {
        await log.append(records).catch((error: unknown) => {
          throw error instanceof LogUnavailable ? logAway(error) : error;
        });
        for (const record of records) metrics.accepted(record.topic, record.count);
      }
      for (const { code } of rejected) metrics.rejected(code, 1);
      if (accepted === 0 && rejected.length > 0) throw new NothingAccepted(rejected);
      return { accepted, rejected, ids, traces };
    } finally {
      reservation.release();
    }
  };
}

const FORMATS: Readonly<Record<string, WireFormat>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
};

function wireFormat(contentType: string | undefined): WireFormat {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const format = FORMATS[type.trim()];
  if (format === undefined) {
    throw new HttpProblem(415, 'unsupported-content-type', 'The content type must be application/json or application/x-ndjson.', {
      'accept-post': 'application/json, application/x-ndjson',
    });
  }
  for (const parameter of parameters) {
    const charset = /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/.exec(parameter)?.[1];
    if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') {
      throw new HttpProblem(415, 'unsupported-charset', 'JSON is UTF-8; no other charset is taken.');
    }
  }
  return format;
}

function bodyProblem(refused: RefusedBody): HttpProblem {
  switch (refused.code) {
    case 'empty_body':
      return new HttpProblem(400, 'empty-body', 'The body is empty.');
    case 'malformed_body':
      return new HttpProblem(400, 'malformed-body', `Nothing was taken: ${refused.reason}.`);
    case 'too_many_events':
      return new HttpProblem(413, 'too-many-events', `Nothing was taken: ${refused.reason}.`);
  }
}

function logAway(cause?: Error): HttpProblem {
  const problem = new HttpProblem(
    503,
    'log-unavailable',
    'The event log cannot confirm the events now. Send them again with the same ids; what arrives twice is counted once.',
    { 'retry-after': '2' },
  );
  if (cause !== undefined) problem.cause = cause;
  return problem;
}
