import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { createKeyVerifier } from '@fleetbeat/infra/access/api-keys.ts';
import { takingJwts } from '@fleetbeat/infra/access/jwt.ts';
import { createWrongKeys } from '@fleetbeat/infra/access/wrong-keys.ts';
import { createClientAddress } from '@fleetbeat/infra/net/client-address.ts';
import { loadSecret, localOperatorKey } from '@fleetbeat/infra/access/secret.ts';
import { enginesInUse } from '@fleetbeat/infra/engines.ts';
import { watchRedaction } from '@fleetbeat/infra/redaction/watch-redaction.ts';
import type { ServiceContext } from '@fleetbeat/infra/service-context.ts';
import { createWindowCache } from '@fleetbeat/infra/time-series/window-cache.ts';
import { answerBrokenRequest } from '@fleetbeat/infra/net/answer-broken-request.ts';
import { createAuthenticator, createGuard } from './access/authenticate.ts';
import { createLimitRequests } from './access/request-limit.ts';
import { createOrigins } from './access/origins.ts';
import { createReadiness } from './health/readiness.ts';
import { createApp } from './http/app.ts';
import { registerPlatformGauges } from './http/platform-gauges.ts';
import type { Route } from './http/route.ts';
import { createChange } from './http/change.ts';
import { createReadQuery } from './http/read-query.ts';
import { createRangeOf } from './http/time-range.ts';
import { createAdmit, createIsStillAdmitted } from './live/admit.ts';
import { createHub } from './live/hub.ts';
import { createScreenLatency } from './live/screen-latency.ts';
import { createSeriesFeed } from './live/series-feed.ts';
import { startLive } from './live/start-live.ts';
import { registerDifferencesGauge } from './pipeline/differences.ts';
import { createPipelineReadModel } from './pipeline/read-model.ts';
import { createListeners } from './notifications/preferences.ts';
import { createRoutes } from './route-table.ts';
import { healthRoutes } from './health/routes.ts';
import { createFindAccount } from './users/account-sessions.ts';
import { createAuth } from './users/auth.ts';
import { createOpenPartials } from './windows/open-partials.ts';
import { countCache } from './windows/count-cache.ts';
import { createStoredCuts } from './windows/stored-cuts.ts';
import { createWatch } from './windows/watches.ts';
import { createReadWindows } from '@fleetbeat/infra/time-series/window-reader.ts';

const DASHBOARD = join(import.meta.dirname, '..', '..', 'dashboard', 'build');

/** How long an idle connection is kept; longer than what a proxy in front keeps, in milliseconds. */
const KEEP_ALIVE_MS = 75_000;

/** REST, sockets and the dashboard on PORT. Resolves when they can be used. */
export async function start(context: ServiceContext): Promise<void> {
  await startBff(context);
}

/** As `start`; tells the port, for a configuration that leaves it open (0), and what is served there. */
export async function startBff(
  context: ServiceContext,
  dashboard = DASHBOARD,
): Promise<{ port: number; routes: readonly Route[] }> {
  const { config, logger, lifecycle, metrics, database, eventLog, timeSeries } = context;
  const now = Date.now;

  const secret = await loadSecret(config);
  const auth = createAuth({ config, database, logger, secret });
  const keys = createKeyVerifier(database, { operatorKey: localOperatorKey(secret), logger });
  const authenticator = createAuthenticator(database, takingJwts(keys, config.jwt), createFindAccount(auth, database, now));
  const origins = createOrigins(config);

  const redaction = await watchRedaction(database, secret, logger);
  lifecycle.onStop('redaction', () => redaction.stop());

  const query = createReadQuery(database, metrics);
  const rangeOf = createRangeOf(now);
  const open = createOpenPartials();
  const stored = createStoredCuts(query);
  const cache = config.readCacheBytes === 0 ? undefined : createWindowCache(config.readCacheBytes);
  const readWindows = createReadWindows({ store: timeSeries, database, retention: config.retention, now, cache }, metrics, open);
  const readLedger = createPipelineReadModel(query, eventLog);
  const listeners = createListeners(query, now);
  const watch = createWatch(database, now);
  const hub = createHub(now);
  const latency = createScreenLatency(now());
  const feed = createSeriesFeed({ timeSeries, open, stored, hub, latency, watch, now });

  const ready = createReadiness(enginesInUse(config), {
    database: () => database.query('select 1'),
    event_log: () => eventLog.ping(),
    time_series: () => timeSeries.ping(),
    job_queue: () => context.jobQueue.ping(),
  });
  const probes = healthRoutes(ready);
  const routes = createRoutes({
    config,
    logger,
    database,
    secret,
    eventLog,
    timeSeries,
    registry: metrics.registry,
    query,
    change: createChange(database, metrics),
    rangeOf,
    readWindows,
    readLedger,
    listeners,
    watch,
    latency,
    probes,
    auth,
    now,
  });

  const wrongKeys = createWrongKeys(now);
  const app = createApp({
    config,
    logger,
    metrics,
    routes,
    probes,
    redaction,
    origins,
    dashboard,
    guard: createGuard(authenticator, origins, createLimitRequests(config.rateLimit), wrongKeys),
  });
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, app).on('clientError', answerBrokenRequest);
  // Sockets are taken off the server first, so that nothing holds it open.
  lifecycle.onStop('http server', () => closeServer(server));
  const live = await startLive({
    server,
    eventLog,
    hub,
    feed,
    stored,
    origins,
    lifecycle,
    logger,
    listeners,
    admit: createAdmit(authenticator, origins, wrongKeys, createClientAddress(config.trustProxy)),
    isStillAdmitted: createIsStillAdmitted(authenticator, now),
  });
  if (cache !== undefined) countCache(metrics.registry, cache);
  registerDifferencesGauge(metrics.registry, query);
  registerPlatformGauges({ registry: metrics.registry, query, readWindows, rangeOf, readLedger, now, sockets: live.sockets });

  const port = await listen(server, config.host, config.port);
  logger.info({ port, address: config.host }, 'the API and the dashboard are served');
  return { port, routes };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Lets answers under way be finished for a moment, then cuts what is left. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cutOff = setTimeout(() => server.closeAllConnections(), 3_000);
    server.close(() => {
      clearTimeout(cutOff);
      resolve();
    });
    server.closeIdleConnections();
  });
}
