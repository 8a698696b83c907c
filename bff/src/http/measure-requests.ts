import type { RequestHandler } from 'express';
import type { Metrics } from '@fleetbeat/infra/metrics.ts';

/** Counts and times every answer under its route's pattern. */
export function measureRequests(metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    response.on('close', () => {
      const route = typeof response.locals['route'] === 'string' ? response.locals['route'] : 'unknown';
      // 499 is what nginx calls an answer that nobody waited for.
      const status = response.writableFinished ? response.statusCode : 499;
      metrics.http(request.method, route, status, (performance.now() - started) / 1_000);
    });
    next();
  };
}
