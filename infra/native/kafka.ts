import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Kafka } from '../src/event-log/kafkajs.ts';
import { logLevel } from 'kafkajs';
import { programOf } from './debian-package.ts';
import { freePort, giveBackPort } from './free-port.ts';
import { kafkaJars } from './kafka-jars.ts';
import { launchServer, type NativeServer } from './native-server.ts';

export interface KafkaServer extends NativeServer {
  readonly brokers: string[];
  readonly port: number;
}

const LOGGING = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.showDateTime=true'];
/** Any 16 bytes in base64url; the broker wants the id it was formatted with. */
const CLUSTER_ID = 'RmxlZXRiZWF0LWRldi0wMQ';

/**
 * Starts one Kafka broker (KRaft, its own controller) on the loopback address with its data in `dataDir`. Takes `port` if
 * that is free. Throws NotAvailable if it cannot be had.
 */
export async function startKafka(options: { dataDir: string; port?: number | undefined }): Promise<KafkaServer> {
  const java = await programOf('default-jre-headless', '/usr/bin/java');
  const classPath = join(await kafkaJars(), '*');
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true });
  const port = await freePort(options.port);
  const logDir = join(dataDir, 'log');
  const configFile = join(dataDir, 'server.properties');
  writeFileSync(configFile, properties({ logDir, port, controllerPort: await freePort() }));

  if (!existsSync(join(logDir, 'meta.properties'))) {
    const format = ['kafka.tools.StorageTool', 'format', '-c', configFile, '-t', CLUSTER_ID];
    await promisify(execFile)(java, ['-Xmx128m', '-XX:TieredStopAtLevel=1', ...LOGGING, '-cp', classPath, ...format]);
  }
  const server = await launchServer({
    name: 'kafka',
    command: java,
    args: [
      '-Xms256m',
      '-Xmx512m',
      '-XX:+UseG1GC',
      '-XX:MaxGCPauseMillis=20',
      ...LOGGING,
      '-cp',
      classPath,
      'kafka.Kafka',
      configFile,
    ],
    dataDir,
    isReady: () => describesItself(port),
  });
  void server.exited.then(() => giveBackPort(port));
  return { ...server, port, brokers: [`127.0.0.1:${port}`] };
}

function properties({ logDir, port, controllerPort }: { logDir: string; port: number; controllerPort: number }): string {
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': logDir,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // The defaults reserve 1 GB segments, 10 MB indexes and a 128 MB cleaner buffer: too much for a developer's machine.
    'log.segment.bytes': 128 * 1024 * 1024,
    'log.index.size.max.bytes': 1024 * 1024,
    'log.cleaner.dedupe.buffer.size': 4 * 1024 * 1024,
    'num.network.threads': 2,
    'num.io.threads': 4,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

async function describesItself(port: number): Promise<boolean> {
  const client = new Kafka({
    brokers: [`127.0.0.1:${port}`],
    clientId: 'readiness',
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    retry: { retries: 0 },
  });
  const admin = client.admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length > 0;
  } finally {
    await admin.disconnect();
  }
}
