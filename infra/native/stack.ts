import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../src/config.ts';
import { startClusterServers, type ClusterPorts, type ClusterServers } from './cluster-servers.ts';

/**
 * `npm run stack`: real Kafka, InfluxDB and Redis in the foreground. Standard output carries the variables to export and
 * then `stack ready`; everything else goes to standard error.
 */
const folder = join(loadConfig().dataDir, 'stack');
const portsFile = join(folder, 'ports.json');
let starting: Promise<ClusterServers> | undefined;
let stopping: Promise<void> | undefined;

process.on('SIGINT', () => void stop('interrupted', 0));
process.on('SIGTERM', () => void stop('asked to end', 0));
process.on('SIGHUP', () => void stop('the terminal was closed', 0));

try {
  mkdirSync(folder, { recursive: true });
  say(`starting Kafka, InfluxDB and Redis; data and logs are in ${folder}`);
  starting = startClusterServers({ dataDir: folder, ports: rememberedPorts() });
  const { variables, ports, servers } = await starting;
  for (const { name, exited } of servers) {
    void exited.then((reason) => stop(`${name} ended by itself (${reason})`, 1));
  }
  writeFileSync(portsFile, JSON.stringify(ports));
  if (stopping === undefined) {
    for (const [variable, value] of Object.entries(variables)) console.log(`export ${variable}=${value}`);
    console.log('stack ready');
  }
} catch (error) {
  await stop(error instanceof Error ? error.message : String(error), 1);
}

/** The first reason counts: what follows, such as the servers' own ends, is its consequence. */
function stop(reason: string, exitCode: number): Promise<void> {
  stopping ??= (async () => {
    say(`${reason}; stopping the stack`);
    await (await starting?.catch(() => undefined))?.stop();
    process.exit(exitCode);
  })();
  return stopping;
}

/** The ports of the last run, so that variables exported in other terminals stay right. */
function rememberedPorts(): ClusterPorts {
  return existsSync(portsFile) ? (JSON.parse(readFileSync(portsFile, 'utf8')) as ClusterPorts) : {};
}

function say(text: string): void {
  console.error(`stack: ${text}`);
}
