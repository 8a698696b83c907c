import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { MAX_NESTING } from '@fleetbeat/contracts/events.ts';
import { Attributes, integer, MalformedTraces, type AttributeValue, type Span } from './span.ts';

/**
 * The spans of an `ExportTraceServiceRequest` in protobuf, one after the other. Numbers of fields are those of
 * opentelemetry-proto 1; what is not looked at is skipped. Throws `MalformedTraces`.
 */
export function* spansOfProtobuf(body: Uint8Array): Generator<Span> {
  for (const resourceSpans of messagesOf(body, 1)) {
    const resource = new Attributes();
    for (const message of messagesOf(resourceSpans, 1)) {
      for (const attribute of messagesOf(message, 1)) addAttribute(resource, attribute);
    }
    for (const scopeSpans of messagesOf(resourceSpans, 2)) {
      for (const span of messagesOf(scopeSpans, 2)) yield readSpan(span, resource);
    }
  }
}

type Take = (reader: BinaryReader) => void;
/** What is read of a message, by the numbers of its fields. */
type Fields = Readonly<Record<number, readonly [WireType, Take]>>;

const STATUS_ERROR = 2;

function readSpan(bytes: Uint8Array, resource: Attributes): Span {
  const attributes = new Attributes();
  const span = { traceId: '', spanId: '', parentSpanId: '', name: '', start: 0n, end: 0n, failed: false, failure: '' };
  let exception = '';
  readMessage(bytes, {
    1: [WireType.LengthDelimited, (reader) => (span.traceId = hexOf(reader.bytes()))],
    2: [WireType.LengthDelimited, (reader) => (span.spanId = hexOf(reader.bytes()))],
    4: [WireType.LengthDelimited, (reader) => (span.parentSpanId = hexOf(reader.bytes()))],
    5: [WireType.LengthDelimited, (reader) => (span.name = reader.string())],
    7: [WireType.Bit64, (reader) => (span.start = BigInt(reader.fixed64()))],
    8: [WireType.Bit64, (reader) => (span.end = BigInt(reader.fixed64()))],
    9: [WireType.LengthDelimited, (reader) => addAttribute(attributes, reader.bytes())],
    11: [WireType.LengthDelimited, (reader) => (exception = exceptionOf(reader.bytes()) ?? exception)],
    15: [
      WireType.LengthDelimited,
      (reader) =>
        readMessage(reader.bytes(), {
          2: [WireType.LengthDelimited, (status) => (span.failure = status.string())],
          3: [WireType.Varint, (status) => (span.failed = status.int32() === STATUS_ERROR)],
        }),
    ],
  });
  return { ...span, failure: span.failure === '' ? exception : span.failure, attributes, resource };
}

/** What an event of a span says of an exception. */
function exceptionOf(event: Uint8Array): string | undefined {
  const attributes = new Attributes();
  for (const attribute of messagesOf(event, 3)) addAttribute(attributes, attribute);
  const message = attributes.first(['exception.message']);
  return typeof message === 'string' ? message : undefined;
}

function addAttribute(attributes: Attributes, bytes: Uint8Array): void {
  const { key, value } = readPair(bytes);
  attributes.add(key, value.length, () => valueOf(value, 1));
}

function readPair(bytes: Uint8Array): { key: string; value: Uint8Array } {
  const pair = { key: '', value: new Uint8Array(0) as Uint8Array };
  readMessage(bytes, {
    1: [WireType.LengthDelimited, (reader) => (pair.key = reader.string())],
    2: [WireType.LengthDelimited, (reader) => (pair.value = reader.bytes())],
  });
  return pair;
}

function valueOf(bytes: Uint8Array, depth: number): AttributeValue {
  if (depth > MAX_NESTING) throw new MalformedTraces(`an attribute is nested deeper than ${MAX_NESTING} levels`);
  let value: AttributeValue = null;
  readMessage(bytes, {
    1: [WireType.LengthDelimited, (reader) => (value = reader.string())],
    2: [WireType.Varint, (reader) => (value = reader.bool())],
    3: [WireType.Varint, (reader) => (value = integer(BigInt(reader.int64())))],
    4: [WireType.Bit64, (reader) => (value = finite(reader.double()))],
    5: [
      WireType.LengthDelimited,
      (reader) => (value = [...messagesOf(reader.bytes(), 1)].map((item) => valueOf(item, depth + 1))),
    ],
    6: [
      WireType.LengthDelimited,
      (reader) => {
        const pairs = [...messagesOf(reader.bytes(), 1)].map(readPair);
        value = Object.fromEntries(pairs.map((pair) => [pair.key, valueOf(pair.value, depth + 1)]));
      },
    ],
    7: [WireType.LengthDelimited, (reader) => (value = Buffer.from(reader.bytes()).toString('base64'))],
  });
  return value;
}

/** JSON has no NaN and no infinity. */
function finite(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** The messages in one repeated field of a message, one after the other. */
function* messagesOf(bytes: Uint8Array, wanted: number): Generator<Uint8Array> {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire] = guarded(() => reader.tag());
    if (field === wanted && wire === WireType.LengthDelimited) yield guarded(() => reader.bytes());
    else guarded(() => reader.skip(wire, field));
  }
}

function readMessage(bytes: Uint8Array, fields: Fields): void {
  const reader = new BinaryReader(bytes);
  guarded(() => {
    while (reader.pos < reader.len) {
      const [field, wire] = reader.tag();
      const [expected, take] = fields[field] ?? [];
      if (take !== undefined && wire === expected) take(reader);
      else reader.skip(wire, field);
    }
  });
}

function guarded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedTraces) throw error;
    throw new MalformedTraces(`is no protobuf of traces: ${error instanceof Error ? error.message : String(error)}`);
  }
}
