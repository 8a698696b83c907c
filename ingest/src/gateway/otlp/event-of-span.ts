import { idSchema, type MessageType } from '@fleetbeat/contracts/events.ts';
import type { AttributeValue, Span } from './span.ts';
import { NAMES } from './vocabulary.ts';

/**
 * Operations of the GenAI conventions of OpenTelemetry that are events. Those of an agent or a workflow are not: they
 * stand around the calls, and would count their tokens twice.
 */
const OPERATIONS: Readonly<Record<string, MessageType>> = {
  chat: 'agent_response',
  text_completion: 'agent_response',
  generate_content: 'agent_response',
  embeddings: 'agent_response',
  execute_tool: 'tool_call',
  retrieval: 'tool_call',
};

/**
 * Kinds of span of OpenInference that are events, likewise. Guards, evaluators and prompts are none: the calls they make are
 * spans of their own.
 */
const KINDS: Readonly<Record<string, MessageType>> = {
  LLM: 'agent_response',
  EMBEDDING: 'agent_response',
  TOOL: 'tool_call',
  RETRIEVER: 'tool_call',
  RERANKER: 'tool_call',
};

const MAX_TOKENS = 1_000_000_000;
const MAX_RESPONSE_TIME_MS = 86_400_000;
const LONGEST_LABEL = 256;

/**
 * The event that a span of a model's or a tool's call stands for, or undefined where it is none. What is said of the call and
 * cannot be part of an event (a model without a name, a time below 0) is left out; the attributes are in `metadata`.
 */
export function eventOfSpan(span: Span): Record<string, unknown> | undefined {
  const { attributes, resource } = span;
  const type = typeOf(span);
  if (type === undefined) return undefined;
  const { traceId, spanId, parentSpanId, name } = span;
  return {
    ...(traceId === '' || spanId === '' ? {} : { id: traceId + spanId }),
    ...timesOf(span),
    agent_id: idOf([...attributes.all(NAMES.agent), ...resource.all(NAMES.service)]),
    message_type: span.failed ? 'error' : type,
    error_details: span.failed ? failureOf(span) : undefined,
    model_used: idOf(attributes.all(NAMES.model)),
    session_id: idOf(attributes.all(NAMES.session)),
    user_id: idOf(attributes.all(NAMES.user)),
    host_id: idOf(resource.all(NAMES.host)),
    ...tokensOf(span),
    labels: labelsOf(span),
    metadata: {
      span: name,
      trace_id: traceId,
      span_id: spanId,
      ...(parentSpanId === '' ? {} : { parent_span_id: parentSpanId }),
      attributes,
      ...(attributes.leftOut.length === 0 ? {} : { left_out: attributes.leftOut }),
    },
  };
}

function typeOf({ attributes }: Span): MessageType | undefined {
  const operation = attributes.first(NAMES.operation);
  if (typeof operation === 'string') return Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
  const kind = attributes.first(NAMES.kind);
  if (typeof kind === 'string') return Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  // Instrumentations from before the operation had a name, as OpenLLMetry and the AI SDK.
  if (attributes.first(['gen_ai.request.model']) !== undefined) return 'agent_response';
  const isTool = attributes.first(NAMES.tool) !== undefined || attributes.first(NAMES.entity) === 'tool';
  return isTool ? 'tool_call' : undefined;
}

function timesOf({ start, end }: Span): { ts?: number; response_time_ms?: number } {
  if (end === 0n) return start === 0n ? {} : { ts: milliseconds(start) };
  const took = Number(end - start) / 1e6;
  const measured = start !== 0n && took >= 0 && took <= MAX_RESPONSE_TIME_MS;
  return { ts: milliseconds(end), ...(measured ? { response_time_ms: took } : {}) };
}

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1_000_000n);
}

function failureOf({ failure, attributes }: Span): string {
  const type = attributes.first(NAMES.failure);
  return failure !== '' ? failure : typeof type === 'string' ? type : 'the span has failed without saying why';
}

/** Token classes, which are disjoint here: by both conventions those of the cache are among the input, and those of reasoning in the output. */
function tokensOf({ attributes }: Span): Record<string, number | undefined> {
  const count = (names: readonly string[]): number | undefined => {
    const value = attributes.first(names);
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_TOKENS ? value : undefined;
  };
  const [read, written, reasoning] = [count(NAMES.cacheRead), count(NAMES.cacheWrite), count(NAMES.reasoning)];
  return {
    input_tokens: without(count(NAMES.input), (read ?? 0) + (written ?? 0)),
    output_tokens: without(count(NAMES.output), reasoning ?? 0),
    cache_read_tokens: read,
    cache_write_tokens: written,
    reasoning_tokens: reasoning,
  };
}

/** A total without its part; a part larger than the total was never in it. */
function without(total: number | undefined, part: number): number | undefined {
  return total === undefined || total < part ? total : total - part;
}

function labelsOf({ resource }: Span): Record<string, string> | undefined {
  const labels = {
    project: resource.first(NAMES.project),
    environment: resource.first(NAMES.environment),
    service: resource.first(NAMES.service),
  };
  const given = Object.entries(labels).filter(
    (label): label is [string, string] => typeof label[1] === 'string' && label[1] !== '' && label[1].length <= LONGEST_LABEL,
  );
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

/** The first of these that is an id. */
function idOf(candidates: readonly AttributeValue[]): string | undefined {
  return candidates.find((candidate): candidate is string => idSchema.safeParse(candidate).success);
}
