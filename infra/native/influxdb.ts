import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { programOf } from './debian-package.ts';
import { freePort, giveBackPort } from './free-port.ts';
import { launchServer, type NativeServer } from './native-server.ts';

export interface InfluxServer extends NativeServer {
  readonly url: string;
  readonly port: number;
  /** A database of this name exists. */
  readonly bucket: string;
}

/**
 * Starts Debian's InfluxDB 1.x on the loopback address with its data in `dataDir`. Takes `port` if that is free. Throws
 * NotAvailable if it cannot be had.
 */
export async function startInfluxdb(options: { dataDir: string; port?: number | undefined }): Promise<InfluxServer> {
  const command = await programOf('influxdb', '/usr/bin/influxd');
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true });
  const port = await freePort(options.port);
  const configFile = join(dataDir, 'influxdb.conf');
  writeFileSync(configFile, configuration(dataDir, port, await freePort()));

  const url = `http://127.0.0.1:${port}`;
  const isReady = async (): Promise<boolean> =>
    (await fetch(`${url}/ping`, { signal: AbortSignal.timeout(1_000) })).status === 204;
  const server = await launchServer({ name: 'influxdb', command, args: ['-config', configFile], dataDir, isReady });
  void server.exited.then(() => giveBackPort(port));
  const bucket = 'fleetbeat';
  await createDatabase(url, bucket);
  return { ...server, port, url, bucket };
}

/** tsi1: the default index holds all series in memory and refuses more than 100,000 of them under one tag. */
function configuration(dataDir: string, port: number, backupPort: number): string {
  return `
reporting-disabled = true
bind-address = "127.0.0.1:${backupPort}"
[meta]
  dir = ${JSON.stringify(join(dataDir, 'meta'))}
  logging-enabled = false
[data]
  dir = ${JSON.stringify(join(dataDir, 'data'))}
  wal-dir = ${JSON.stringify(join(dataDir, 'wal'))}
  index-version = "tsi1"
  query-log-enabled = false
  cache-max-memory-size = 536870912
  max-series-per-database = 0
  max-values-per-tag = 0
  max-concurrent-compactions = 1
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
  pprof-enabled = false
[continuous_queries]
  enabled = false
[logging]
  level = "warn"
`;
}

async function createDatabase(url: string, name: string): Promise<void> {
  const answer = await fetch(`${url}/query`, { method: 'POST', body: new URLSearchParams({ q: `CREATE DATABASE "${name}"` }) });
  if (!answer.ok) throw new Error(`InfluxDB did not create its database: ${await answer.text()}`);
}
