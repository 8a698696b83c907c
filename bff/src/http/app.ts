import compression from 'compression';
import express, { type Express, type RequestHandler } from 'express';
import type { Config } from '@fleetbeat/infra/config.ts';
import type { Logger } from '@fleetbeat/infra/logger.ts';
import type { Metrics } from '@fleetbeat/infra/metrics.ts';
import type { WatchedRedaction } from '@fleetbeat/infra/redaction/watch-redaction.ts';
import type { Origins } from '../access/origins.ts';
import { dashboardFiles } from './dashboard-files.ts';
import { measureRequests } from './measure-requests.ts';
import { mountRoutes, type Guard } from './mount-routes.ts';
import { answerProblems, refuseUnknownPath } from './problems.ts';
import { requestId } from './request-id.ts';
import type { Route } from './route.ts';
import { crossOrigin, securityHeaders } from './security-headers.ts';

export const API = '/api/v1';
/** What a client may send as JSON. */
const MAX_BODY = '64kb';

export interface AppParts {
  config: Pick<Config, 'publicUrl' | 'trustProxy'>;
  logger: Logger;
  metrics: Metrics;
  routes: readonly Route[];
  /** Those of the routes that are also mounted at the root, where probes look. */
  probes: readonly Route[];
  guard: Guard;
  /** Of what is written over the API. */
  redaction: Pick<WatchedRedaction, 'current'>;
  origins: Origins;
  dashboard: string;
}

/** The HTTP side of the BFF, from the first header to the last error. */
export function createApp({ config, logger, metrics, routes, probes, guard, redaction, origins, dashboard }: AppParts): Express {
  const secure = config.publicUrl.startsWith('https:');
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', config.trustProxy);
  // Repeated parameters become arrays, and nothing becomes an object.
  app.set('query parser', 'simple');

  app.use(requestId, measureRequests(metrics), ...securityHeaders(secure), compression());
  app.get('/metrics', answerMetrics(metrics));
  app.use(mountRoutes(probes, guard, redaction));
  app.use(API, neverStored, crossOrigin(origins), express.json({ limit: MAX_BODY }), mountRoutes(routes, guard, redaction));
  app.use(['/api', '/socket.io', '/ws'], refuseUnknownPath);
  app.use(dashboardFiles(dashboard, secure));
  app.use(refuseUnknownPath);
  app.use(answerProblems(logger));
  return app;
}

/** Answers are somebody's own, and of this moment. */
const neverStored: RequestHandler = (_request, response, next) => {
  response.setHeader('cache-control', 'no-store');
  next();
};

function answerMetrics(metrics: Metrics): RequestHandler {
  return async (_request, response) => {
    response.locals['route'] = '/metrics';
    const text = await metrics.registry.metrics();
    response.type(metrics.registry.contentType).send(text);
  };
}
