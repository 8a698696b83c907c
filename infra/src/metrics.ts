import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

export interface Metrics {
  readonly registry: Registry;
  /** Counts and times one HTTP answer. `route` is the pattern, never the path, so that labels stay few. */
  http(method: string, route: string, status: number, seconds: number): void;
  /** Times a query against one of the engines under a fixed name. */
  timed<T>(query: string, run: () => Promise<T>): Promise<T>;
}

/** The Prometheus registry of one process, with the metrics that every service has. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const httpSeconds = new Histogram({
    name: 'fleetbeat_http_request_seconds',
    help: 'Duration of HTTP answers by method, route and status; errors are those with a status of 400 and more.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const querySeconds = new Histogram({
    name: 'fleetbeat_query_seconds',
    help: 'Duration of queries against the engines by name and outcome.',
    labelNames: ['query', 'outcome'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
    registers: [registry],
  });
  return {
    registry,
    http: (method, route, status, seconds) => httpSeconds.observe({ method, route, status: String(status) }, seconds),
    async timed(query, run) {
      const start = performance.now();
      let outcome = 'error';
      try {
        const result = await run();
        outcome = 'ok';
        return result;
      } finally {
        querySeconds.observe({ query, outcome }, (performance.now() - start) / 1_000);
      }
    },
  };
}

/**
 * Serves `/metrics` and `/health` of a service that has no HTTP server of its own. Rejects where the
 * port is taken.
 */
export async function serveMetrics(
  metrics: Metrics,
  host: string,
  port: number,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path === '/health') {
      response.setHeader('content-type', 'application/json').end('{"status":"ok"}');
    } else if (path === '/metrics') {
      metrics.registry.metrics().then(
        (text) => response.setHeader('content-type', metrics.registry.contentType).end(text),
        () => response.writeHead(500).end(),
      );
    } else {
      response.writeHead(404).end();
    }
  });
  await listen(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
