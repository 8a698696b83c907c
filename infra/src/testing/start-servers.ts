import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { NotAvailable, programOf } from '../../native/debian-package.ts';
import { startInfluxdb } from '../../native/influxdb.ts';
import { startKafka } from '../../native/kafka.ts';
import { startRedis } from '../../native/redis.ts';
import { migrate } from '../database/migrate.ts';
import { openDatabase } from '../database/open.ts';
import { createLogger } from '../logger.ts';
import { administer, withDatabase, type TestServers } from './servers.ts';
import { startTestPostgres } from './test-postgres.ts';

/** What one run started. Projects share it: vitest runs this file once for each of them, in the same process. */
interface Run {
  servers: Promise<TestServers>;
  stops: (() => Promise<void>)[];
  users: number;
}

const RUN = Symbol.for('fleetbeat.test-servers');
const shared = globalThis as { [RUN]?: Run | undefined };
const env = process.env;

/** vitest's global setup of the projects that need servers: starts what no TEST_ variable names, and stops it at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const run = (shared[RUN] ??= startRun());
  run.users += 1;
  const leave = async (): Promise<void> => {
    run.users -= 1;
    if (run.users > 0) return;
    shared[RUN] = undefined;
    // Last in, first out: the template database goes before its server.
    for (const stop of run.stops.reverse()) await stop();
  };
  try {
    project.provide('testServers', await run.servers);
  } catch (error) {
    await leave();
    throw error;
  }
  return leave;
}

function startRun(): Run {
  const folder = mkdtempSync(join(tmpdir(), 'fleetbeat-test-'));
  const stops: Run['stops'] = [() => Promise.resolve(rmSync(folder, { recursive: true, force: true }))];
  return { servers: startServers(folder, stops), stops, users: 0 };
}

async function startServers(folder: string, stops: Run['stops']): Promise<TestServers> {
  const started = <S extends { stop(): Promise<void> }>(server: S): S => {
    stops.push(() => server.stop());
    return server;
  };
  const starts = [
    orNull('Kafka', async () => {
      const outside = env['TEST_KAFKA_BROKERS'];
      if (outside) return { brokers: outside.split(',') };
      return { brokers: started(await startKafka({ dataDir: join(folder, 'kafka') })).brokers };
    }),
    orNull('InfluxDB', async () => {
      const outside = outsideInflux();
      if (outside !== null) return outside;
      const { url, bucket } = started(await startInfluxdb({ dataDir: join(folder, 'influxdb') }));
      return { url, bucket };
    }),
    orNull('Redis', async () => {
      const outside = env['TEST_REDIS_URL'];
      return { url: outside || started(await startRedis({ dataDir: join(folder, 'redis') })).url };
    }),
    orNull('Postgres', async () => {
      const outside = env['TEST_DATABASE_URL'];
      const url = outside || started(await startTestPostgres(join(folder, 'postgres'))).url;
      return { url, template: await makeTemplate(url, stops) };
    }),
    orNull('Chromium', async () => {
      const named = env['CHROMIUM'] ?? ['/usr/bin/google-chrome', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
      return named ?? (await programOf('chromium', '/usr/bin/chromium'));
    }),
  ] as const;
  // Should one fail, the others must have started before they can be stopped.
  await Promise.allSettled(starts);
  const [kafka, influx, redis, postgres, chromium] = await Promise.all(starts);
  return { kafka, influx, redis, postgres, chromium };
}

function outsideInflux(): TestServers['influx'] {
  const url = env['TEST_INFLUX_URL'];
  if (!url) return null;
  return { url, token: env['TEST_INFLUX_TOKEN'], org: env['TEST_INFLUX_ORG'], bucket: env['TEST_INFLUX_BUCKET'] };
}

/** A server that cannot be had on this machine skips its tests, and says so; one that fails to start fails the run. */
async function orNull<T>(name: string, start: () => Promise<T>): Promise<T | null> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof NotAvailable)) throw error;
    console.error(`\n !! ${name} is not available, its tests are SKIPPED: ${error.message}\n`);
    if (env['FLEETBEAT_MISSING_SERVERS'] !== undefined) appendFileSync(env['FLEETBEAT_MISSING_SERVERS'], `${name}\n`);
    return null;
  }
}

/** Migrating once and copying the result takes a tenth of the time of migrating for every test file. */
async function makeTemplate(url: string, stops: Run['stops']): Promise<string> {
  const name = `fleetbeat_template_${process.pid}_${Date.now()}`;
  await administer(url, `create database ${name}`);
  stops.push(() => administer(url, `drop database if exists ${name} with (force)`));
  const database = openDatabase(withDatabase(url, name), createLogger('test', 'warn'), { connections: 1 });
  await migrate(database).finally(() => database.end());
  return name;
}
