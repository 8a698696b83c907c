import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedDatabase, type EmbeddedDatabase } from '@fleetbeat/infra/database/embedded.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { startInfluxdb } from '../../infra/native/influxdb.ts';
import { startKafka } from '../../infra/native/kafka.ts';
import { startRedis } from '../../infra/native/redis.ts';
import type { EngineTarget } from './schedule.ts';
import { waitUntil } from './wait-until.ts';

interface Engine {
  readonly pid: number;
  readonly port: number;
  /** The variables that make Fleetbeat use it. */
  readonly variables: Readonly<Record<string, string>>;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Real servers of a deployment that can be killed and started again under the same address. */
export interface Engines {
  readonly variables: Readonly<Record<string, string>>;
  pid(target: EngineTarget): number;
  kill(target: EngineTarget): Promise<void>;
  /** Starts one that was killed on the port and data that it had. */
  startAgain(target: EngineTarget): Promise<void>;
  stop(): Promise<void>;
}

/** How long a database may take to come back: what is left of one that was killed has to go first. */
const DATABASE_RETURN_MS = 60_000;

const STARTS: Readonly<Record<EngineTarget, (dataDir: string, port?: number) => Promise<Engine>>> = {
  kafka: async (dataDir, port) => {
    const kafka = await startKafka({ dataDir, port });
    return { ...kafka, variables: { KAFKA_BROKERS: kafka.brokers.join(',') } };
  },
  influxdb: async (dataDir, port) => {
    const influxdb = await startInfluxdb({ dataDir, port });
    return { ...influxdb, variables: { INFLUX_URL: influxdb.url, INFLUX_BUCKET: influxdb.bucket } };
  },
  redis: async (dataDir, port) => {
    const redis = await startRedis({ dataDir, port });
    return { ...redis, variables: { REDIS_URL: redis.url } };
  },
  postgres: startPostgres,
};

/** Starts servers with their data in `dataDir`. Throws NotAvailable where one cannot be had here. */
export async function startEngines(dataDir: string, targets: readonly EngineTarget[]): Promise<Engines> {
  const running = new Map<EngineTarget, Engine>();
  const stop = async (): Promise<void> => {
    await Promise.all([...running.values()].map((engine) => engine.stop()));
  };
  const of = (target: EngineTarget): Engine => {
    const engine = running.get(target);
    if (engine === undefined) throw new Error(`${target} does not run`);
    return engine;
  };
  try {
    for (const target of targets) running.set(target, await STARTS[target](join(dataDir, target)));
    return {
      variables: Object.assign({}, ...[...running.values()].map(({ variables }) => variables)) as Record<string, string>,
      pid: (target) => of(target).pid,
      kill: (target) => of(target).kill(),
      async startAgain(target) {
        const { port } = of(target);
        const engine = await STARTS[target](join(dataDir, target), port);
        running.set(target, engine);
        if (engine.port !== port) throw new Error(`${target} came back on port ${engine.port} instead of ${port}`);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The Postgres that npm brings, as a database server that is somebody else's. */
async function startPostgres(dataDir: string, port?: number): Promise<Engine> {
  const logger = createLogger('chaos-postgres', 'error');
  const start = (): Promise<EmbeddedDatabase> =>
    startEmbeddedDatabase(dataDir, logger, port === undefined ? undefined : { port });
  const database = port === undefined ? await start() : await waitUntil('the database starts again', start, DATABASE_RETURN_MS);
  const pid = Number.parseInt(await readFile(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'), 'utf8'), 10);
  return {
    pid,
    port: Number(new URL(database.url).port),
    variables: { DATABASE_URL: database.url },
    async kill() {
      process.kill(pid, 'SIGKILL');
      await database.gone;
    },
    stop: () => database.stop(),
  };
}
