import { join } from 'node:path';
import { startInfluxdb } from '../../infra/native/influxdb.ts';
import { startKafka } from '../../infra/native/kafka.ts';
import type { NativeServer } from '../../infra/native/native-server.ts';
import { startRedis } from '../../infra/native/redis.ts';
import type { EngineTarget } from './schedule.ts';

type Engine = NativeServer & { readonly port: number };

/** Real servers of a cluster that can be killed and started again under the same address. */
export interface ClusterEngines {
  /** The variables that make Fleetbeat use them. */
  readonly variables: Readonly<Record<string, string>>;
  pid(target: EngineTarget): number;
  kill(target: EngineTarget): Promise<void>;
  /** Starts one that was killed on the port and data that it had. */
  startAgain(target: EngineTarget): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Kafka, InfluxDB and Redis with their data in `dataDir`. Throws NotAvailable where one cannot be had here. */
export async function startClusterEngines(dataDir: string): Promise<ClusterEngines> {
  const starts = {
    kafka: (port?: number) => startKafka({ dataDir: join(dataDir, 'kafka'), port }),
    influxdb: (port?: number) => startInfluxdb({ dataDir: join(dataDir, 'influxdb'), port }),
    redis: (port?: number) => startRedis({ dataDir: join(dataDir, 'redis'), port }),
  };
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
    const kafka = await starts.kafka();
    running.set('kafka', kafka);
    const influxdb = await starts.influxdb();
    running.set('influxdb', influxdb);
    const redis = await starts.redis();
    running.set('redis', redis);
    return {
      variables: {
        KAFKA_BROKERS: kafka.brokers.join(','),
        INFLUX_URL: influxdb.url,
        INFLUX_BUCKET: influxdb.bucket,
        REDIS_URL: redis.url,
      },
      pid: (target) => of(target).pid,
      kill: (target) => of(target).kill(),
      async startAgain(target) {
        const { port } = of(target);
        const engine = await starts[target](port);
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
