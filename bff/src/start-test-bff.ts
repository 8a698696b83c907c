import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKey } from '@fleetbeat/infra/access/api-keys.ts';
import type { Scope } from '@fleetbeat/infra/access/scopes.ts';
import { type Config, loadConfig } from '@fleetbeat/infra/config.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import { openEventLog } from '@fleetbeat/infra/event-log/open.ts';
import type { EventLog } from '@fleetbeat/infra/event-log/event-log.ts';
import { openJobQueue } from '@fleetbeat/infra/job-queue/open.ts';
import { createLifecycle } from '@fleetbeat/infra/lifecycle.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { createMetrics } from '@fleetbeat/infra/metrics.ts';
import { freshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { openTimeSeries } from '@fleetbeat/infra/time-series/open.ts';
import type { TimeSeriesStore } from '@fleetbeat/infra/time-series/time-series.ts';
import type { Route } from './http/route.ts';
import { startBff } from './main.ts';

export interface TestBff {
  readonly url: string;
  readonly config: Config;
  readonly database: Database;
  readonly eventLog: EventLog;
  readonly timeSeries: TimeSeriesStore;
  readonly routes: readonly Route[];
  /** An admin key. */
  readonly key: string;
  makeKey(scopes: readonly Scope[]): Promise<string>;
  /** Asks the API with the admin key. */
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  stop(): Promise<void>;
}

/** A BFF of its own on a free port, with an empty database and, unless `env` says otherwise, everything in it. `openLog` opens another event log. */
export async function startTestBff(env: NodeJS.ProcessEnv = {}, dashboard?: string, openLog?: () => EventLog): Promise<TestBff> {
  const fresh = await freshDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'fleetbeat-bff-'));
  const config = loadConfig({ PORT: '0', DATABASE_URL: fresh.url, FLEETBEAT_DATA: dataDir, LOG_LEVEL: 'fatal', ...env });
  const logger = createLogger('bff', config.logLevel);
  const lifecycle = createLifecycle(logger);
  const { database } = fresh;
  const eventLog = openLog?.() ?? openEventLog(config, database, logger);
  const timeSeries = openTimeSeries(config, database, logger);
  const jobQueue = openJobQueue(config, database, logger);
  lifecycle.onStop('engines', async () => {
    await jobQueue.close();
    await eventLog.close();
    await timeSeries.close();
  });
  await eventLog.createTopics();

  const metrics = createMetrics('bff');
  const { port, routes } = await startBff(
    { name: 'bff', config, logger, lifecycle, metrics, database, eventLog, timeSeries, jobQueue },
    dashboard,
  );
  const url = `http://127.0.0.1:${port}`;
  const makeKey = async (scopes: readonly Scope[]) =>
    (await createApiKey(database, { name: 'test', scopes, createdBy: 'test' })).key;
  const key = await makeKey(['admin']);
  return {
    url,
    config,
    database,
    eventLog,
    timeSeries,
    routes,
    key,
    makeKey,
    get: (path, headers) => fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${key}`, ...headers } }),
    async stop() {
      try {
        await lifecycle.stop('end of test');
      } finally {
        // No step of the service's stop, which has so much time and no more: removing a database takes what the disk takes.
        await fresh.drop();
        await rm(dataDir, { recursive: true, force: true });
      }
    },
  };
}
