import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NotAvailable } from '../../infra/native/debian-package.ts';
import { startKafka } from '../../infra/native/kafka.ts';
import { startEmbeddedDatabase } from '@fleetbeat/infra/database/embedded.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';

export interface BenchServers {
  readonly databaseUrl: string;
  /** Null where Kafka is not to be had. */
  readonly brokers: string[] | null;
  /** A folder for whatever the benchmark writes; removed at the stop. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** Starts a Postgres and, if it can be had, a Kafka of a benchmark's own, so that nothing else is measured along. */
export async function startBenchServers(): Promise<BenchServers> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetbeat-bench-'));
  const stops: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true, force: true })];
  async function stop(): Promise<void> {
    for (const step of stops.reverse()) await step();
  }
  try {
    const postgres = await startEmbeddedDatabase(join(folder, 'postgres'), createLogger('bench-postgres', 'warn'));
    stops.push(() => postgres.stop());
    const kafka = await startKafka({ dataDir: join(folder, 'kafka') }).catch((error: unknown) => {
      if (!(error instanceof NotAvailable)) throw error;
      console.error(` !! Kafka is not available, the gateway is measured on Postgres: ${error.message}`);
      return null;
    });
    if (kafka !== null) stops.push(() => kafka.stop());
    return { databaseUrl: postgres.url, brokers: kafka?.brokers ?? null, folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
