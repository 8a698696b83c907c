import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { IngestAnswer } from '@fleetbeat/contracts/api.ts';
import { idSchema } from '@fleetbeat/contracts/events.ts';
import type { Logger } from '@fleetbeat/infra/logger.ts';
import type { Metrics } from '@fleetbeat/infra/metrics.ts';
import { HttpProblem, problemBody, PROBLEM_TYPE } from '@fleetbeat/infra/problem.ts';
import { answerBrokenRequest } from '@fleetbeat/infra/net/answer-broken-request.ts';
import { inRequest, requestIdFrom } from '@fleetbeat/infra/request-id.ts';
import { NothingAccepted, type Taken, type TakeEvents } from './ingest-request.ts';
import { tracesAnswer, type TraceEncoding } from './otlp/read-traces.ts';
import { discardBody, SenderGone } from './read-body.ts';

/** A body must be complete within this time, in milliseconds. */
const REQUEST_TIMEOUT_MS = 60_000;
const MAX_CONNECTIONS = 10_000;

export interface GatewayServerParts {
  readonly takeEvents: TakeEvents;
  /** Whether events are taken now. */
  readonly ready: () => boolean;
  readonly metrics: Metrics;
  readonly refused: (code: string) => void;
  readonly logger: Logger;
}

type Route =
  | { readonly name: '/health' | '/ready' | '/metrics' }
  | { readonly name: '/v1/events' | '/v1/traces' | '/api/v1/agents/{agent_id}/events'; readonly takes: Taken };

/** The gateway's HTTP server, not yet listening. Plain node:http: a framework costs more than the rest of a small request. */
export function createGatewayServer(parts: GatewayServerParts): Server {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: 65_000 }, handle);
  server.maxConnections = MAX_CONNECTIONS;
  server.on('clientError', answerBrokenRequest);
  // Without this the sender would be asked for a body before anybody knows whether it will be taken.
  server.on('checkContinue', handle);
  return server;

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const start = performance.now();
    const requestId = requestIdOf(request);
    response.setHeader('x-request-id', requestId);
    let route = 'none';
    response.on('close', () => {
      const seconds = (performance.now() - start) / 1_000;
      parts.metrics.http(knownMethod(request.method), route, response.headersSent ? response.statusCode : 499, seconds);
    });
    void inRequest(requestId, () =>
      answer(request, response, (name) => (route = name)).catch((error: unknown) => {
        if (error instanceof SenderGone || response.destroyed) return;
        answerProblem(request, response, requestId, error);
      }),
    );
  }

  async function answer(request: IncomingMessage, response: ServerResponse, found: (route: string) => void): Promise<void> {
    const route = findRoute(request.url ?? '/');
    if (route === undefined) throw new HttpProblem(404, 'not-found', 'There is nothing at this path.');
    found(route.name);
    switch (route.name) {
      case '/health':
        allow(request, 'GET', 'HEAD');
        return answerJson(response, 200, '{"status":"ok"}');
      case '/ready':
        allow(request, 'GET', 'HEAD');
        if (!parts.ready()) throw new HttpProblem(503, 'log-unavailable', 'The event log is away.', { 'retry-after': '2' });
        return answerJson(response, 200, '{"status":"ready"}');
      case '/metrics':
        allow(request, 'GET', 'HEAD');
        response.setHeader('content-type', parts.metrics.registry.contentType);
        response.end(await parts.metrics.registry.metrics());
        return;
      case '/v1/events':
      case '/v1/traces':
      case '/api/v1/agents/{agent_id}/events': {
        allow(request, 'POST');
        const taken = await parts.takeEvents(request, route.takes, () => {
          if (request.headers.expect !== undefined) response.writeContinue();
        });
        const { accepted, rejected, traces } = taken;
        const [first] = rejected;
        if (first !== undefined) {
          parts.logger.info({ accepted, rejected: rejected.length, first }, 'some events of a request were refused');
        }
        if (traces !== null) return answerTraces(response, traces, rejected);
        return answerJson(response, first === undefined ? 200 : 207, describe(taken));
      }
    }
  }

  function logProblem(problem: HttpProblem, error: unknown): void {
    const facts = { status: problem.status, code: problem.code, detail: problem.detail };
    if (!(error instanceof HttpProblem)) parts.logger.error({ ...facts, err: error }, 'a request failed');
    // Under overload and while the log is away these come by the thousand; metrics count them.
    else if (problem.status === 429 || problem.status === 503)
      parts.logger.debug({ ...facts, err: problem.cause }, 'a request was put off');
    else parts.logger.info(facts, 'a request was refused');
  }

  function answerProblem(request: IncomingMessage, response: ServerResponse, requestId: string, error: unknown): void {
    const problem = error instanceof HttpProblem ? error : new HttpProblem(500, 'internal-error', 'The gateway failed.');
    parts.refused(problem.code);
    logProblem(problem, error);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const body = {
      ...problemBody(problem, requestId, pathOf(request.url ?? '/')),
      ...(problem instanceof NothingAccepted ? { errors: problem.errors } : {}),
    };
    response.writeHead(problem.status, { 'content-type': PROBLEM_TYPE, ...problem.headers });
    response.end(JSON.stringify(body));
    discardBody(request);
  }
}

function findRoute(url: string): Route | undefined {
  const path = pathOf(url);
  switch (path) {
    case '/v1/events':
      return { name: path, takes: { as: 'events' } };
    case '/v1/traces':
      return { name: path, takes: { as: 'traces' } };
    case '/v1/metrics':
    case '/v1/logs':
      throw new HttpProblem(404, 'not-found', 'Of OpenTelemetry only traces are taken, at /v1/traces.');
    case '/health':
    case '/ready':
    case '/metrics':
      return { name: path };
  }
  const segment = /^\/api\/v1\/agents\/([^/]+)\/events$/.exec(path)?.[1];
  if (segment === undefined) return undefined;
  return { name: '/api/v1/agents/{agent_id}/events', takes: { as: 'events', agentId: decodeAgentId(segment) } };
}

function decodeAgentId(segment: string): string {
  let agentId: string;
  try {
    agentId = decodeURIComponent(segment);
  } catch {
    throw new HttpProblem(400, 'invalid-agent-id', 'The agent id of the path is not encoded properly.');
  }
  const parsed = idSchema.safeParse(agentId);
  if (!parsed.success) {
    throw new HttpProblem(
      400,
      'invalid-agent-id',
      `The agent id of the path ${parsed.error.issues[0]?.message ?? 'is not valid'}.`,
    );
  }
  return agentId;
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

function allow(request: IncomingMessage, ...methods: readonly string[]): void {
  if (!methods.includes(request.method ?? '')) {
    throw new HttpProblem(405, 'method-not-allowed', `This path takes ${methods.join(' and ')}.`, { allow: methods.join(', ') });
  }
}

/** Labels of metrics must be few, and a client may send any word as the method. */
function knownMethod(method: string | undefined): string {
  return method === 'GET' || method === 'POST' || method === 'HEAD' ? method : 'other';
}

function requestIdOf({ headers }: IncomingMessage): string {
  // Node joins what a client sends of these twice, and makes lists of set-cookie only.
  return requestIdFrom(headers['x-request-id'] as string | undefined, headers['traceparent'] as string | undefined);
}

function describe(taken: IngestAnswer): string {
  return JSON.stringify({ accepted: taken.accepted, rejected: taken.rejected, ids: taken.ids });
}

/** In the encoding of the request, as OTLP asks for. */
function answerTraces(response: ServerResponse, encoding: TraceEncoding, rejected: IngestAnswer['rejected']): void {
  const body = tracesAnswer(encoding, rejected);
  response.writeHead(200, {
    'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf',
    'content-length': body.length,
  });
  response.end(body);
}

function answerJson(response: ServerResponse, status: number, text: string): void {
  // With its length known, the answer goes out in one piece.
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
