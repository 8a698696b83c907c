import type { Database } from '@fleetbeat/infra/database/database.ts';
import { freshDatabase, influxServer, kafkaBrokers, redisUrl, type FreshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka, type KafkaServer } from '../infra/native/kafka.ts';

/** Whether this machine has what a cluster needs. */
export const hasCluster = (): boolean => kafkaBrokers() !== null && influxServer() !== null && redisUrl() !== null;

export interface RunningCluster {
  /** What a system needs in its environment to run on it. */
  readonly env: Readonly<Record<string, string>>;
  readonly database: Database;
  stop(): Promise<void>;
}

/** Real servers, none of whose topics, databases or queues anybody else writes to, where `redisDatabase` is a test's own. */
export async function startCluster(redisDatabase: number): Promise<RunningCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetbeat-e2e-kafka-'));
  let kafka: KafkaServer | undefined;
  let database: FreshDatabase | undefined;
  const stop = async (): Promise<void> => {
    await database?.drop();
    await kafka?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    // The topics' names are fixed, so that a broker shared with other tests would bring their events as well.
    kafka = await startKafka({ dataDir: folder });
    database = await freshDatabase();
    const influx = influxServer();
    const bucket = `e2e_${Date.now()}`;
    await fetch(`${influx?.url}/query`, { method: 'POST', body: new URLSearchParams({ q: `CREATE DATABASE "${bucket}"` }) });
    const env: Record<string, string> = {
      KAFKA_BROKERS: kafka.brokers.join(','),
      INFLUX_URL: influx?.url ?? '',
      INFLUX_BUCKET: bucket,
      REDIS_URL: `${redisUrl()?.replace(/\/\d*$/, '')}/${redisDatabase}`,
      DATABASE_URL: database.url,
    };
    if (influx?.token !== undefined) env['INFLUX_TOKEN'] = influx.token;
    if (influx?.org !== undefined) env['INFLUX_ORG'] = influx.org;
    return { env, database: database.database, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
