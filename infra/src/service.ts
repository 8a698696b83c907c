import { hostname } from 'node:os';
import { ensureEnvironmentKeys } from './access/api-keys.ts';
import { type Config, ConfigError, loadConfig } from './config.ts';
import { runningDatabaseUrl } from './database/embedded.ts';
import { migrate } from './database/migrate.ts';
import { waitForEngine, warnAboutRedis } from './engines.ts';
import { createLifecycle, type Lifecycle } from './lifecycle.ts';
import { createLogger, type Logger } from './logger.ts';
import { createMetrics, serveMetrics } from './metrics.ts';
import { misspelledVariables } from './misspelled-variables.ts';
import { openEngines, type OpenEngines } from './open-engines.ts';
import { READY_MESSAGE, type ServiceContext, type ServiceModule, type ServiceName, SERVICES } from './service-context.ts';

/**
 * Runs one service in this process: `npm run service -- NAME`.
 *
 * This is an edge of the composition, and with standalone.ts the only place that knows the applications: by the
 * names of their entry modules, looked up when one is started, so that nothing here imports them.
 */
const ENTRIES: Readonly<Record<ServiceName, string>> = {
  gateway: '@fleetbeat/ingest/gateway/main.ts',
  processors: '@fleetbeat/processors/main.ts',
  jobs: '@fleetbeat/processors/jobs/main.ts',
  bff: '@fleetbeat/bff/main.ts',
  probe: '@fleetbeat/ingest/probe/main.ts',
};

type EngineNeed = 'eventLog' | 'timeSeries' | 'jobQueue';

/** What a service waits for at its start, besides the database. The probe needs none of it. */
const NEEDS: Readonly<Record<Exclude<ServiceName, 'probe'>, readonly EngineNeed[]>> = {
  gateway: ['eventLog'],
  processors: ['eventLog', 'timeSeries'],
  jobs: ['eventLog', 'timeSeries', 'jobQueue'],
  bff: ['eventLog', 'timeSeries'],
};

async function runService(name: ServiceName): Promise<void> {
  process.title = `fleetbeat-${name}`;
  const config = await configOf(name);
  const logger = createLogger(name, config.logLevel).child({ host: hostname() });
  const lifecycle = createLifecycle(logger);
  lifecycle.handleSignals();
  stopWithSupervisor(lifecycle);
  // A supervisor has said it already.
  if (process.send === undefined) for (const warning of misspelledVariables(process.env)) logger.warn(warning);

  const engines = openEngines(config, logger);
  lifecycle.onStop('engines', () => engines.close(), 15_000);
  const metrics = createMetrics(name);
  if (config.metricsPort !== undefined) {
    const server = await serveMetrics(metrics, config.host, config.metricsPort);
    lifecycle.onStop('metrics', () => server.close());
  }
  const context: ServiceContext = {
    name,
    config,
    logger,
    lifecycle,
    metrics,
    get database() {
      return engines.database;
    },
    get eventLog() {
      return engines.eventLog;
    },
    get timeSeries() {
      return engines.timeSeries;
    },
    get jobQueue() {
      return engines.jobQueue;
    },
  };

  try {
    if (name !== 'probe') await prepareEngines(NEEDS[name], config, engines, logger, lifecycle);
    const { start } = (await import(ENTRIES[name])) as ServiceModule;
    await start(context);
  } catch (error) {
    if (lifecycle.stopping) return;
    logger.fatal({ err: error }, `${name} could not start`);
    await lifecycle.stop('failed start').catch(() => undefined);
    process.exit(1);
  }
  logger.info(`${name} runs`);
  process.send?.(READY_MESSAGE);
}

async function prepareEngines(
  needs: readonly EngineNeed[],
  config: Config,
  engines: OpenEngines,
  logger: Logger,
  lifecycle: Lifecycle,
): Promise<void> {
  const stop = new AbortController();
  lifecycle.onStop('waiting for engines', () => stop.abort(new Error('stopped')));
  await waitForEngine('the database', () => engines.database.query('select 1'), logger, stop.signal);
  await migrate(engines.database);
  await ensureEnvironmentKeys(engines.database, config);
  for (const need of needs) {
    const engine = engines[need];
    await waitForEngine(`${need} (${engine.engine})`, () => engine.ping(), logger, stop.signal);
  }
  if (needs.includes('jobQueue')) await warnAboutRedis(config, logger);
  if (needs.includes('eventLog')) await engines.eventLog.createTopics();
}

/** Without DATABASE_URL, joins the standalone installation that runs on this data folder, if one does. */
async function configOf(name: ServiceName): Promise<Config> {
  const config = loadConfig();
  if (config.databaseUrl !== undefined || name === 'probe') return config;
  const url = await runningDatabaseUrl(config.dataDir);
  if (url === undefined) {
    throw new ConfigError([
      `DATABASE_URL is not set, and no database runs for ${config.dataDir}: start everything with npm start`,
    ]);
  }
  return { ...config, databaseUrl: url, embeddedDatabase: true };
}

/** A service that was spawned by a supervisor ends with it, however that one ended. */
function stopWithSupervisor(lifecycle: Lifecycle): void {
  process.on('disconnect', () => {
    lifecycle.stop('the supervisor has gone').then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}

const name = SERVICES.find((service) => service === process.argv[2]);
if (name === undefined) {
  console.error(`usage: npm run service -- NAME, where NAME is one of ${SERVICES.join(', ')}`);
  process.exit(64);
}
await runService(name).catch((error: unknown) => {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(error instanceof ConfigError ? 78 : 1);
});
