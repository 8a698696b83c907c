import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadConfig } from '../src/config.ts';
import { startInfluxdb } from './influxdb.ts';
import { startKafka } from './kafka.ts';
import type { NativeServer } from './native-server.ts';
import { startRedis } from './redis.ts';

/**
 * `npm run stack`: real Kafka, InfluxDB and Redis in the foreground. Standard output carries the variables to export and
 * then `stack ready`; everything else goes to standard error.
 */
const folder = resolve(loadConfig().dataDir, 'stack');
const portsFile = join(folder, 'ports.json');
const running: NativeServer[] = [];
let stopping: Promise<void> | undefined;

process.on('SIGINT', () => void stopAll('interrupted', 0));
process.on('SIGTERM', () => void stopAll('asked to end', 0));
process.on('SIGHUP', () => void stopAll('the terminal was closed', 0));

try {
  await startAll();
} catch (error) {
  await stopAll(error instanceof Error ? error.message : String(error), 1);
}

async function startAll(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  say(`starting Kafka, InfluxDB and Redis; data and logs are in ${folder}`);
  const ports = rememberedPorts();
  const [kafka, influx, redis] = await allOrThrow([
    startKafka({ dataDir: join(folder, 'kafka'), port: ports.kafka }).then(watch),
    startInfluxdb({ dataDir: join(folder, 'influxdb'), port: ports.influx }).then(watch),
    startRedis({ dataDir: join(folder, 'redis'), port: ports.redis }).then(watch),
  ]);
  if (stopping !== undefined) return;
  writeFileSync(portsFile, JSON.stringify({ kafka: kafka.port, influx: influx.port, redis: redis.port }));
  console.log(`export KAFKA_BROKERS=${kafka.brokers.join(',')}`);
  console.log(`export INFLUX_URL=${influx.url}`);
  console.log(`export INFLUX_BUCKET=${influx.bucket}`);
  console.log(`export REDIS_URL=${redis.url}`);
  console.log('stack ready');
}

/** Like Promise.all, but waits for every server first, so that none starts unseen after a failure. */
async function allOrThrow<T extends readonly Promise<unknown>[]>(starts: [...T]): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(starts);
  return Promise.all(starts);
}

function watch<S extends NativeServer>(server: S): S {
  running.push(server);
  void server.exited.then((reason) => {
    if (stopping === undefined) void stopAll(`${server.name} ended by itself (${reason})`, 1);
  });
  return server;
}

function stopAll(reason: string, exitCode: number): Promise<void> {
  stopping ??= (async () => {
    say(`${reason}; stopping the stack`);
    await Promise.all(running.map((server) => server.stop()));
    process.exit(exitCode);
  })();
  return stopping;
}

/** The ports of the last run, so that variables exported in other terminals stay right. */
function rememberedPorts(): { kafka?: number; influx?: number; redis?: number } {
  return existsSync(portsFile) ? (JSON.parse(readFileSync(portsFile, 'utf8')) as ReturnType<typeof rememberedPorts>) : {};
}

function say(text: string): void {
  console.error(`stack: ${text}`);
}
