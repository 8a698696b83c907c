import * as z from 'zod';
import { describeIssue, MAX_NESTING } from '@fleetbeat/contracts/events.ts';
import { Attributes, integer, MalformedTraces, type AttributeValue, type Span } from './span.ts';

const attributes = z.array(z.looseObject({ key: z.string(), value: z.unknown() })).default([]);
const hex = z
  .string()
  .regex(/^[0-9a-fA-F]*$/, 'is not hexadecimal')
  .toLowerCase()
  .default('');
/** 64 bits, which JSON carries as text. */
const nanoseconds = z
  .union([z.string().regex(/^\d{1,20}$/, 'is no time'), z.number().min(0)])
  .default(0)
  .transform((time) => BigInt(typeof time === 'number' ? Math.trunc(time) : time));
const failing = z
  .union([z.number(), z.string()])
  .default(0)
  .transform((code) => code === 2 || code === 'STATUS_CODE_ERROR');

const spanSchema = z.object({
  traceId: hex,
  spanId: hex,
  parentSpanId: hex,
  name: z.string().default(''),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes,
  events: z.array(z.object({ attributes })).default([]),
  status: z.object({ code: failing, message: z.string().default('') }).optional(),
});
const requestSchema = z.object({
  resourceSpans: z
    .array(
      z.object({
        resource: z.object({ attributes }).optional(),
        scopeSpans: z.array(z.object({ spans: z.array(spanSchema).default([]) })).default([]),
      }),
    )
    .default([]),
});

/** The spans of an `ExportTraceServiceRequest` in the JSON of OTLP, one after the other. Throws `MalformedTraces`. */
export function* spansOfJson(body: Buffer): Generator<Span> {
  for (const { resource, scopeSpans } of parse(body).resourceSpans) {
    const common = attributesOf(resource?.attributes ?? []);
    for (const { spans } of scopeSpans) for (const span of spans) yield spanOf(span, common);
  }
}

function parse(body: Buffer): z.infer<typeof requestSchema> {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch (error) {
    throw new MalformedTraces(error instanceof Error ? error.message : String(error));
  }
  const parsed = requestSchema.safeParse(value);
  if (!parsed.success) throw new MalformedTraces(describeIssue(parsed.error));
  return parsed.data;
}

function spanOf(span: z.infer<typeof spanSchema>, resource: Attributes): Span {
  const { traceId, spanId, parentSpanId, name, startTimeUnixNano: start, endTimeUnixNano: end, status } = span;
  const failed = status?.code ?? false;
  const said = status?.message ?? '';
  const failure = said === '' ? exceptionOf(span.events) : said;
  return {
    traceId,
    spanId,
    parentSpanId,
    name,
    start,
    end,
    failed,
    failure,
    attributes: attributesOf(span.attributes),
    resource,
  };
}

function exceptionOf(events: z.infer<typeof spanSchema>['events']): string {
  for (const { attributes } of events.toReversed()) {
    const message = attributesOf(attributes).first(['exception.message']);
    if (typeof message === 'string') return message;
  }
  return '';
}

function attributesOf(pairs: z.infer<typeof attributes>): Attributes {
  const kept = new Attributes();
  for (const { key, value } of pairs) kept.add(key, JSON.stringify(value ?? null).length, () => valueOf(value, 1));
  return kept;
}

/** What an `AnyValue` holds; null where it holds nothing that is known. */
function valueOf(any: unknown, depth: number): AttributeValue {
  if (depth > MAX_NESTING) throw new MalformedTraces(`an attribute is nested deeper than ${MAX_NESTING} levels`);
  const value = recordOf(any);
  const [text, whole] = [value['stringValue'] ?? value['bytesValue'], value['intValue']];
  if (typeof text === 'string') return text;
  if (typeof value['boolValue'] === 'boolean') return value['boolValue'];
  if (typeof whole === 'number') return whole;
  if (typeof whole === 'string' && /^-?\d{1,20}$/.test(whole)) return integer(BigInt(whole));
  // NaN and infinities come as text.
  const double = value['doubleValue'];
  if (typeof double === 'number' || typeof double === 'string') return double;
  if (value['arrayValue'] !== undefined) return listOf(value['arrayValue']).map((item) => valueOf(item, depth + 1));
  if (value['kvlistValue'] === undefined) return null;
  const pairs = listOf(value['kvlistValue']).map(recordOf);
  return Object.fromEntries(pairs.map((pair) => [String(pair['key']), valueOf(pair['value'], depth + 1)]));
}

function listOf(message: unknown): readonly unknown[] {
  const { values } = recordOf(message);
  return Array.isArray(values) ? values : [];
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
