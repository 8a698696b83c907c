import { setImmediate } from 'node:timers/promises';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { eventOfSpan } from './event-of-span.ts';
import { spansOfJson } from './read-json.ts';
import { spansOfProtobuf } from './read-protobuf.ts';
import { MalformedTraces } from './span.ts';

/** The encodings of OTLP over HTTP. */
export type TraceEncoding = 'protobuf' | 'json';

/** The largest body in JSON, unpacked: it is read as a whole, unlike protobuf. */
const MAX_JSON_BYTES = 8 * 2 ** 20;
/** The most spans one request may carry. */
const MAX_SPANS = 100_000;
/** After so many spans of one body other requests get a turn. */
const SPANS_PER_TURN = 500;

const READERS = { protobuf: spansOfProtobuf, json: spansOfJson };

/** The encoding that a content type names. Throws a 415. */
export function traceEncoding(contentType: string | undefined): TraceEncoding {
  const type = contentType?.split(';')[0]?.trim().toLowerCase();
  if (type === 'application/x-protobuf') return 'protobuf';
  if (type === 'application/json') return 'json';
  throw new HttpProblem(
    415,
    'unsupported-content-type',
    'Traces come as application/x-protobuf or application/json (OTLP over HTTP).',
    {
      'accept-post': 'application/x-protobuf, application/json',
    },
  );
}

/**
 * The events of a body of traces, one to a line, and how many spans stand for none. Throws a 400 where the body cannot be
 * read, and a 413 where it holds too much.
 */
export async function readTraces(body: Buffer, encoding: TraceEncoding): Promise<{ lines: Buffer; ignored: number }> {
  if (encoding === 'json' && body.length > MAX_JSON_BYTES) {
    const limit = `${MAX_JSON_BYTES / 2 ** 20} MiB`;
    throw new HttpProblem(413, 'body-too-large', `Traces in JSON may have at most ${limit} unpacked; send smaller batches.`);
  }
  const lines: string[] = [];
  let spans = 0;
  try {
    for (const span of READERS[encoding](body)) {
      if (++spans > MAX_SPANS) throw new HttpProblem(413, 'too-many-events', `A request may carry at most ${MAX_SPANS} spans.`);
      if (spans % SPANS_PER_TURN === 0) await setImmediate();
      const event = eventOfSpan(span);
      if (event !== undefined) lines.push(JSON.stringify(event));
    }
  } catch (error) {
    if (!(error instanceof MalformedTraces)) throw error;
    throw new HttpProblem(400, 'malformed-body', `Nothing was taken: ${error.message}.`);
  }
  return { lines: Buffer.from(lines.join('\n')), ignored: spans - lines.length };
}

/** The answer to a request of traces: of the events refused it tells how many, and why the first one. */
export function tracesAnswer(encoding: TraceEncoding, rejected: readonly { reason: string }[]): Buffer {
  const [first] = rejected;
  const message = first === undefined ? '' : `refused, the first because of: ${first.reason}`;
  if (encoding === 'json') {
    const partialSuccess = { rejectedSpans: String(rejected.length), errorMessage: message };
    return Buffer.from(JSON.stringify(first === undefined ? {} : { partialSuccess }));
  }
  const writer = new BinaryWriter();
  if (first !== undefined) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.Varint).int64(rejected.length).tag(2, WireType.LengthDelimited).string(message).join();
  }
  return Buffer.from(writer.finish());
}
