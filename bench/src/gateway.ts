import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../infra/native/free-port.ts';
import { startBenchServers, type BenchServers } from './bench-servers.ts';
import type { LoadAnswer, LoadOrder } from './load.ts';
import { runChild } from './run-child.ts';

const LOAD = join(import.meta.dirname, 'load.ts');
const WARM_UP_SECONDS = 3;
const MEASURED_SECONDS = 8;
const KEY = 'key-of-the-gateway-benchmark';

interface Measured {
  /** Acknowledged events by CPU second of the serving process, all its threads counted. */
  readonly perCpuSecond: number;
  readonly perSecond: number;
}

/**
 * Measures the gateway as it is started in production, with a key, in batches of 100, every answer durable in
 * Kafka (or Postgres, where Kafka is not to be had), against bare node:http and JSON.parse of the same bodies.
 */
export async function benchGateway(): Promise<Record<string, number>> {
  const servers = await startBenchServers();
  try {
    const bare = await measureBare();
    const gateway = await measureGateway(servers);
    return {
      gateway_events_per_s: Math.round(gateway.perCpuSecond),
      gateway_ratio: Math.round((1_000 * gateway.perCpuSecond) / bare.perCpuSecond) / 1_000,
      gateway_bare_events_per_s: Math.round(bare.perCpuSecond),
      gateway_wall_events_per_s: Math.round(gateway.perSecond),
    };
  } finally {
    await servers.stop();
  }
}

async function measureBare(): Promise<Measured> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'bare-server.ts')], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const lines = createInterface({ input: child.stdout });
    const [url] = (await once(lines, 'line')) as [string];
    return await measure(url, '');
  } finally {
    await end(child);
  }
}

async function measureGateway({ databaseUrl, brokers, folder }: BenchServers): Promise<Measured> {
  const port = await freePort();
  const env = {
    PATH: process.env['PATH'],
    DATABASE_URL: databaseUrl,
    ...(brokers === null ? {} : { KAFKA_BROKERS: brokers.join() }),
    FLEETBEAT_DATA: folder,
    FLEETBEAT_INGEST_KEY: KEY,
    INGEST_PORT: String(port),
    LOG_LEVEL: 'warn',
  };
  const service = join(import.meta.dirname, '../../infra/src/service.ts');
  const flags = process.env['BENCH_NODE_FLAGS']?.split(' ') ?? [];
  const child = spawn(process.execPath, [...flags, service, 'gateway'], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  try {
    const url = `http://127.0.0.1:${port}`;
    for (let ready = false; !ready; await sleep(100)) {
      if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode} at its start`);
      ready = await fetch(`${url}/ready`).then(
        (answer) => answer.ok,
        () => false,
      );
    }
    return await measure(url, KEY);
  } finally {
    await end(child);
  }
}

/** @param base serves /v1/events, and /metrics with the CPU time of its process */
async function measure(base: string, key: string): Promise<Measured> {
  await load(base, WARM_UP_SECONDS, key);
  const cpuBefore = await cpuSeconds(base);
  const start = performance.now();
  const events = await load(base, MEASURED_SECONDS, key);
  const seconds = (performance.now() - start) / 1_000;
  return { perCpuSecond: events / ((await cpuSeconds(base)) - cpuBefore), perSecond: events / seconds };
}

async function load(base: string, seconds: number, key: string): Promise<number> {
  const order: LoadOrder = {
    ...{ url: base, key, seconds, rate: 0, eventsPerRequest: 100, connections: 32, agents: 200 },
    firstId: Date.now() % 1e9,
  };
  const { accepted, shed } = await runChild<LoadAnswer>(LOAD, [JSON.stringify(order)]);
  if (shed > 0 || accepted === 0) throw new Error(`${shed} requests were put off, ${accepted} events were acknowledged`);
  return accepted;
}

async function cpuSeconds(base: string): Promise<number> {
  const text = await (await fetch(`${base}/metrics`)).text();
  const value = /^process_cpu_seconds_total(?:\{[^}]*\})? (\S+)/m.exec(text)?.[1];
  if (value === undefined) throw new Error(`${base}/metrics does not tell the CPU time`);
  return Number(value);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

if (import.meta.main) console.log(await benchGateway());
