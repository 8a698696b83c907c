import { gzipSync } from 'node:zlib';
import { SpanStatusCode, type Attributes } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { agentEventSchema } from '@fleetbeat/contracts/events.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScriptedLog, sendTo, startTestGateway, type TestGateway } from '../testing.ts';

let log: ScriptedLog;
let gateway: TestGateway;
beforeEach(async () => {
  log = new ScriptedLog();
  gateway = await startTestGateway(log);
});
afterEach(() => gateway.stop());

const EXPORTERS = { protobuf: ProtobufExporter, json: JsonExporter };
const KINDS = Object.keys(EXPORTERS) as (keyof typeof EXPORTERS)[];

/** Spans as OpenTelemetry's own exporters send them. */
async function trace(kind: keyof typeof EXPORTERS, spans: readonly { name: string; attributes: Attributes; error?: string }[]) {
  const exporter = new EXPORTERS[kind]({ url: `${gateway.url}/v1/traces` });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'researcher',
      'service.namespace': 'lab',
      'deployment.environment.name': 'production',
      'host.name': 'host-7',
    }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('test');
  const start = Date.now() - 1_000;
  for (const { name, attributes, error } of spans) {
    const span = tracer.startSpan(name, { attributes, startTime: start });
    if (error !== undefined) {
      span.recordException(new Error(error));
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end(start + 812.5);
  }
  await provider.shutdown();
  return { end: start + 812 };
}

function events(): Record<string, unknown>[] {
  return log.events().map((text) => agentEventSchema.parse(JSON.parse(text)));
}

describe.each(KINDS)('an OpenTelemetry exporter of %s', (kind) => {
  it('sends calls of models and tools, which become events', async () => {
    const { end } = await trace(kind, [
      {
        name: 'chat my-model',
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': 'my-model',
          'gen_ai.conversation.id': 'talk-1',
          'gen_ai.usage.input_tokens': 1_200,
          'gen_ai.usage.cache_read.input_tokens': 1_000,
          'gen_ai.usage.output_tokens': 80,
          'gen_ai.response.finish_reasons': ['stop', 'length'],
          'gen_ai.request.temperature': 0.2,
          'server.port': 443,
          streaming: true,
        },
      },
      { name: 'execute_tool search', attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.agent.name': 'Finder' } },
    ]);
    const [chat, tool] = events();
    expect(chat).toMatchObject({
      ts: end,
      agent_id: 'researcher',
      message_type: 'agent_response',
      response_time_ms: 812.5,
      model_used: 'my-model',
      session_id: 'talk-1',
      host_id: 'host-7',
      input_tokens: 200,
      cache_read_tokens: 1_000,
      output_tokens: 80,
      labels: { project: 'lab', environment: 'production', service: 'researcher' },
      metadata: {
        span: 'chat my-model',
        attributes: {
          'gen_ai.response.finish_reasons': ['stop', 'length'],
          'gen_ai.request.temperature': 0.2,
          'server.port': 443,
          streaming: true,
        },
      },
    });
    expect(chat?.['id']).toMatch(/^[0-9a-f]{48}$/);
    expect(tool).toMatchObject({ agent_id: 'Finder', message_type: 'tool_call' });
  });

  it('sends calls by the names of OpenInference, which become events as well', async () => {
    await trace(kind, [
      {
        name: 'ChatAnthropic',
        attributes: {
          'openinference.span.kind': 'LLM',
          'llm.model_name': 'my-model',
          'llm.token_count.prompt': 1_200,
          'llm.token_count.prompt_details.cache_read': 900,
          'llm.token_count.prompt_details.cache_write': 100,
          'llm.token_count.completion': 80,
          'llm.token_count.completion_details.reasoning': 30,
          'session.id': 'talk-1',
          'user.id': 'ann',
          'agent.name': 'Finder',
        },
      },
      { name: 'embed', attributes: { 'openinference.span.kind': 'EMBEDDING', 'embedding.model_name': 'small' } },
      { name: 'search', attributes: { 'openinference.span.kind': 'TOOL', 'tool.name': 'search' } },
      { name: 'agent', attributes: { 'openinference.span.kind': 'AGENT', 'llm.token_count.prompt': 1_200 } },
    ]);
    expect(events()).toMatchObject([
      {
        agent_id: 'Finder',
        message_type: 'agent_response',
        model_used: 'my-model',
        session_id: 'talk-1',
        user_id: 'ann',
        input_tokens: 200,
        cache_read_tokens: 900,
        cache_write_tokens: 100,
        output_tokens: 50,
        reasoning_tokens: 30,
      },
      { agent_id: 'researcher', message_type: 'agent_response', model_used: 'small' },
      { agent_id: 'researcher', message_type: 'tool_call' },
    ]);
  });

  it.each([{ 'traceloop.span.kind': 'tool' }, { 'ai.toolCall.name': 'search' }])(
    'sends calls of tools as other libraries mark them: %j',
    async (attributes) => {
      await trace(kind, [{ name: 'search', attributes }]);
      expect(events()).toMatchObject([{ message_type: 'tool_call' }]);
    },
  );

  it('says why a call has failed', async () => {
    await trace(kind, [{ name: 'chat', attributes: { 'gen_ai.operation.name': 'chat' }, error: 'the model is overloaded' }]);
    expect(events()[0]).toMatchObject({ message_type: 'error', error_details: 'the model is overloaded' });
  });

  it('may send spans that are no calls, which are counted and are no events', async () => {
    await trace(kind, [
      { name: 'GET /', attributes: { 'http.request.method': 'GET' } },
      { name: 'invoke_agent', attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.usage.input_tokens': 1_200 } },
    ]);
    expect(log.events()).toEqual([]);
    expect(await gateway.metric('fleetbeat_ingest_spans_ignored_total{}')).toBe(2);
  });
});

describe('traces at the gateway', () => {
  const minute = 60_000_000_000n;
  const nanos = (ago: bigint) => String(BigInt(Date.now()) * 1_000_000n - ago);
  const span = (changes: object) => ({
    traceId: 'A'.repeat(32),
    spanId: 'b'.repeat(16),
    name: 'chat',
    startTimeUnixNano: nanos(minute),
    endTimeUnixNano: nanos(0n),
    attributes: [{ key: 'gen_ai.operation.name', value: { stringValue: 'chat' } }],
    ...changes,
  });
  const request = (...spans: object[]) => ({
    resourceSpans: [
      { resource: { attributes: [{ key: 'service.name', value: { stringValue: 'a' } }] }, scopeSpans: [{ spans }] },
    ],
  });
  const send = (body: unknown, headers: Record<string, string> = {}) =>
    sendTo(gateway.url, { path: '/v1/traces', body: typeof body === 'string' ? body : JSON.stringify(body), headers });

  it('answers in JSON what was refused, and takes the others', async () => {
    const old = span({ endTimeUnixNano: nanos(3_000n * minute), startTimeUnixNano: '0' });
    const { status, body } = await send(request(span({}), old));
    expect(status).toBe(200);
    expect(body).toEqual({
      partialSuccess: { rejectedSpans: '1', errorMessage: expect.stringContaining('more than 24 hours before') as string },
    });
    expect(events()).toMatchObject([{ id: 'a'.repeat(32) + 'b'.repeat(16), response_time_ms: 60_000 }]);
    expect((await send(request(span({})))).body).toEqual({});
  });

  it.each([
    ['no JSON', '{', 'application/json', 400, 'malformed-body'],
    ['spans that are no list', { resourceSpans: [{ scopeSpans: [{ spans: 1 }] }] }, 'application/json', 400, 'malformed-body'],
    ['no protobuf', 'not protobuf at all', 'application/x-protobuf', 400, 'malformed-body'],
    ['another type', '', 'text/plain', 415, 'unsupported-content-type'],
    [
      'nobody in particular',
      { resourceSpans: [{ scopeSpans: [{ spans: [span({})] }] }] },
      'application/json',
      400,
      'no-valid-event',
    ],
  ])('refuses %s', async (_, sent, type, status, code) => {
    const answer = await send(sent, { 'content-type': type });
    expect(answer.status).toBe(status);
    expect(String(answer.body['type'])).toContain(code);
    expect(log.events()).toEqual([]);
  });

  it('takes gzip, but no more JSON than is good to read at once', async () => {
    const gzip = (text: string) =>
      sendTo(gateway.url, { path: '/v1/traces', body: gzipSync(text), headers: { 'content-encoding': 'gzip' } });
    expect((await gzip(JSON.stringify(request(span({}))))).status).toBe(200);
    const answer = await gzip(' '.repeat(8 * 2 ** 20 + 1));
    expect(answer.status).toBe(413);
    expect(events()).toHaveLength(1);
  });

  it('says of the other signals that they are not taken', async () => {
    const answer = await sendTo(gateway.url, { path: '/v1/metrics', body: '{}' });
    expect(answer.status).toBe(404);
    expect(answer.body['detail']).toContain('only traces');
  });
});
