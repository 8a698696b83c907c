import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import type { Database } from '../database/database.ts';
import { closeDatabase, openDatabase } from '../database/open.ts';
import { createLogger } from '../logger.ts';

/** The servers of one test run, as start-servers.ts hands them to every test file; null: could not be had. */
export interface TestServers {
  kafka: { brokers: string[] } | null;
  influx: InfluxAddress | null;
  redis: { url: string } | null;
  /** `template` is a database with all migrations applied, to be copied. */
  postgres: { url: string; template: string } | null;
  /** The browser's program. */
  chromium: string | null;
}

export interface InfluxAddress {
  url: string;
  token?: string | undefined;
  org?: string | undefined;
  bucket?: string | undefined;
}

declare module 'vitest' {
  interface ProvidedContext {
    testServers: TestServers;
  }
}

/** Addresses of a real Kafka, or null where there is none (skip then; the run has said why). */
export function kafkaBrokers(): string[] | null {
  return servers().kafka?.brokers ?? null;
}

/** A real InfluxDB, or null where there is none. `bucket` exists; tests that need silence make their own. */
export function influxServer(): InfluxAddress | null {
  return servers().influx;
}

/** A real Redis, or null where there is none. Tests share it: use a prefix of your own. */
export function redisUrl(): string | null {
  return servers().redis?.url ?? null;
}

/** The program of a Chromium browser, or null where there is none. */
export function chromiumProgram(): string | null {
  return servers().chromium;
}

export interface FreshDatabase {
  database: Database;
  url: string;
  /** Closes the pool and removes the database, whoever is still connected to it. */
  drop(): Promise<void>;
}

/** A new, empty database with all migrations applied, for one test file alone. Throws where there is no Postgres. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const { postgres } = servers();
  if (postgres === null) throw new Error('no Postgres for tests: the start of this run says why');
  const name = `fleetbeat_test_${randomBytes(6).toString('hex')}`;
  await administer(postgres.url, `create database ${name} template ${postgres.template}`);
  const url = withDatabase(postgres.url, name);
  const database = openDatabase(url, createLogger('test', 'warn'));
  return {
    database,
    url,
    drop: async () => {
      if (!database.ended) await closeDatabase(database);
      await administer(postgres.url, `drop database if exists ${name} with (force)`);
    },
  };
}

/** Runs one statement that cannot run inside the database it is about. */
export async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** The same server's URL for another database. */
export function withDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}

function servers(): TestServers {
  return inject('testServers');
}
