import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ensureEnvironmentKeys } from '../access/api-keys.ts';
import { createLoginLink } from '../access/login-tokens.ts';
import { loadSecret, writeOperatorKey } from '../access/secret.ts';
import { type Config, ConfigError, loadConfig } from '../config.ts';
import { type EmbeddedDatabase, startEmbeddedDatabase } from '../database/embedded.ts';
import { migrate } from '../database/migrate.ts';
import { waitForEngine } from '../engines.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Logger } from '../logger.ts';
import { openEngines } from '../open-engines.ts';
import type { ServiceName } from '../service-context.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import { restartDelay, type Supervised, supervise } from './supervise.ts';

/** In order of their start; they stop in the opposite one. The gateway comes when its events have somewhere to go. */
const STARTED: readonly ServiceName[] = ['processors', 'jobs', 'bff', 'gateway', 'probe'];
/** Services without an HTTP server of their own, in the order of their ports from METRICS_PORT on. */
const METRICS_ONLY: readonly ServiceName[] = ['processors', 'jobs', 'probe'];

/** A port that is configured is taken. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken';
}

export interface Standalone {
  /** With DATABASE_URL filled in. */
  readonly config: Config;
  /** What a further process of this installation needs in its environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly services: ReadonlyMap<ServiceName, Supervised>;
  /** Makes a sign-in link, good for one use within 15 minutes. */
  loginLink(): Promise<string>;
}

/**
 * Brings up everything on this machine: the embedded database where none is configured, the schema, keys and
 * topics, then every service in a process of its own. What must be stopped is registered with `lifecycle`.
 * Rejects with `DataFolderInUse` or `PortTaken` before anything was started.
 */
export async function startStandalone(env: NodeJS.ProcessEnv, logger: Logger, lifecycle: Lifecycle): Promise<Standalone> {
  const configured = loadConfig(env);
  await mkdir(configured.dataDir, { recursive: true, mode: 0o700 }).catch((error: Error) => {
    throw new ConfigError([`FLEETBEAT_DATA names no folder that can be used: ${error.message}`]);
  });
  const unlock = await lockDataFolder(configured.dataDir);
  lifecycle.onStop('data folder', unlock);
  await refuseTakenPort('PORT', configured.port, configured.host);
  await refuseTakenPort('INGEST_PORT', configured.ingestPort, configured.host);

  const config = await provideDatabase(configured, logger, lifecycle);
  const serviceEnv: NodeJS.ProcessEnv = {
    ...env,
    FLEETBEAT_DATA: config.dataDir,
    DATABASE_URL: config.databaseUrl,
    FLEETBEAT_EMBEDDED_DATABASE: String(config.embeddedDatabase),
  };

  const engines = openEngines(config, logger);
  lifecycle.onStop('engines', () => engines.close());
  const stop = new AbortController();
  lifecycle.onStop('waiting for engines', () => stop.abort(new Error('stopped')));
  await waitForEngine('the database', () => engines.database.query('select 1'), logger, stop.signal);
  await migrate(engines.database);
  await ensureEnvironmentKeys(engines.database, config);
  await writeOperatorKey(config.dataDir, await loadSecret(config));
  await waitForEngine(`the event log (${engines.eventLog.engine})`, () => engines.eventLog.ping(), logger, stop.signal);
  await engines.eventLog.createTopics();
  await waitForEngine(
    `the time-series store (${engines.timeSeries.engine})`,
    () => engines.timeSeries.ping(),
    logger,
    stop.signal,
  );
  await waitForEngine(`the job queue (${engines.jobQueue.engine})`, () => engines.jobQueue.ping(), logger, stop.signal);

  const services = new Map<ServiceName, Supervised>();
  for (const name of STARTED) {
    stop.signal.throwIfAborted();
    const pidFile = join(config.dataDir, 'run', `${name}.pid`);
    const service = supervise(name, () => spawnService(name, metricsEnv(name, config, serviceEnv)), pidFile, logger);
    services.set(name, service);
    lifecycle.onStop(name, () => service.stop(), 30_000);
  }
  return { config, env: serviceEnv, services, loginLink: () => createLoginLink(engines.database, config.publicUrl) };
}

function spawnService(name: ServiceName, env: NodeJS.ProcessEnv) {
  return spawn(process.execPath, [join(import.meta.dirname, '..', 'service.ts'), name], {
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // In a group of its own: Ctrl-C reaches it through us, in the order of the stop.
    detached: process.platform !== 'win32',
  });
}

function metricsEnv(name: ServiceName, { metricsPort }: Config, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const place = METRICS_ONLY.indexOf(name);
  if (metricsPort === undefined || place === -1) return { ...env, METRICS_PORT: '' };
  return { ...env, METRICS_PORT: String(metricsPort === 0 ? 0 : metricsPort + place) };
}

async function provideDatabase(config: Config, logger: Logger, lifecycle: Lifecycle): Promise<Config> {
  if (config.databaseUrl !== undefined) return config;
  let database = await startEmbeddedDatabase(config.dataDir, logger);
  const { url } = database;
  // Longer than the server's own patience with a fast shutdown.
  lifecycle.onStop('database', () => database.stop(), 80_000);

  async function keepRunning(): Promise<void> {
    for (let failures = 0; ;) {
      const how = await database.gone;
      if (lifecycle.stopping) return;
      failures += 1;
      logger.error({ how, restart_in_ms: restartDelay(failures) }, 'the database has ended');
      database = await startAgain(failures);
      failures = 0;
    }
  }
  async function startAgain(failures: number): Promise<EmbeddedDatabase> {
    for (let attempt = failures; ; attempt += 1) {
      await new Promise((resolve) => setTimeout(resolve, restartDelay(attempt)));
      if (lifecycle.stopping) return database;
      try {
        // Services know the address from their start.
        return await startEmbeddedDatabase(config.dataDir, logger, { port: Number(new URL(url).port) });
      } catch (error) {
        logger.error({ err: error }, 'the database does not start again');
      }
    }
  }
  void keepRunning();
  return { ...config, databaseUrl: url, embeddedDatabase: true };
}

async function refuseTakenPort(variable: string, port: number, host: string): Promise<void> {
  if (port === 0) return;
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? `port ${port} of ${host} is taken by another program: stop that one, or set ${variable}`
          : `port ${port} of ${host} cannot be used (${error.code ?? error.message}): set ${variable} or HOST`;
      reject(new PortTaken(why));
    });
    probe.listen(port, host, () => probe.close(() => resolve()));
  });
}
