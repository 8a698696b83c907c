import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { programOf } from './debian-package.ts';
import { freePort, giveBackPort } from './free-port.ts';
import { launchServer, type NativeServer } from './native-server.ts';

export interface RedisServer extends NativeServer {
  readonly url: string;
  readonly port: number;
}

/**
 * Starts Debian's Redis on the loopback address, set up as BullMQ needs it: it refuses writes rather than evict keys, and
 * logs every write to its append-only file in `dataDir`. Takes `port` if that is free. Throws NotAvailable if it cannot be had.
 */
export async function startRedis(options: { dataDir: string; port?: number | undefined }): Promise<RedisServer> {
  const command = await programOf('redis-server', '/usr/bin/redis-server');
  mkdirSync(options.dataDir, { recursive: true });
  const port = await freePort(options.port);
  const settings = {
    bind: '127.0.0.1',
    port: String(port),
    dir: options.dataDir,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    maxmemory: '512mb',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const server = await launchServer({ name: 'redis', command, args, dataDir: options.dataDir, isReady: () => answersPing(port) });
  void server.exited.then(() => giveBackPort(port));
  return { ...server, port, url: `redis://127.0.0.1:${port}` };
}

/** False also while Redis loads its append-only file, when it answers LOADING. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1_000 });
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (answer) => {
      resolve(answer.toString().startsWith('+PONG'));
      socket.destroy();
    });
    socket.once('timeout', () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('close', () => resolve(false));
  });
}
