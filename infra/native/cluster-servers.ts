import { join } from 'node:path';
import { startInfluxdb } from './influxdb.ts';
import { startKafka } from './kafka.ts';
import type { NativeServer } from './native-server.ts';
import { startRedis } from './redis.ts';

export interface ClusterPorts {
  kafka?: number | undefined;
  influxdb?: number | undefined;
  redis?: number | undefined;
}

/** Kafka, InfluxDB and Redis, as the cluster deployment has them. */
export interface ClusterServers {
  /** The variables that make Fleetbeat use them. */
  readonly variables: { KAFKA_BROKERS: string; INFLUX_URL: string; INFLUX_BUCKET: string; REDIS_URL: string };
  readonly ports: Required<ClusterPorts>;
  readonly servers: readonly NativeServer[];
  /** Stops all three. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts the three servers of a cluster at once, each with its data and log in a folder of its own in `dataDir`, on `ports`
 * where those are free. If one fails, stops the others and throws its error (NotAvailable where it cannot be had here).
 */
export async function startClusterServers(options: { dataDir: string; ports?: ClusterPorts }): Promise<ClusterServers> {
  const { dataDir, ports = {} } = options;
  const starts = [
    startKafka({ dataDir: join(dataDir, 'kafka'), port: ports.kafka }),
    startInfluxdb({ dataDir: join(dataDir, 'influxdb'), port: ports.influxdb }),
    startRedis({ dataDir: join(dataDir, 'redis'), port: ports.redis }),
  ] as const;
  // Should one fail, the others must have started before they can be stopped.
  const outcomes = await Promise.allSettled(starts);
  const servers = outcomes.flatMap((outcome): NativeServer[] => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  if (servers.length < starts.length) await stop();
  const [kafka, influx, redis] = await Promise.all(starts);
  return {
    variables: {
      KAFKA_BROKERS: kafka.brokers.join(','),
      INFLUX_URL: influx.url,
      INFLUX_BUCKET: influx.bucket,
      REDIS_URL: redis.url,
    },
    ports: { kafka: kafka.port, influxdb: influx.port, redis: redis.port },
    servers,
    stop,
  };
}
