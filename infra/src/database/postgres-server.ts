import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';
import type { Logger } from '../logger.ts';
import type { Account } from './postgres-account.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { clusterPath, processOptions } from './postgres-cluster.ts';

/** Recovery after a crash replays at most `max_wal_size` of log, which takes minutes on the slowest of disks. */
const START_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 60_000;

/** Tuned for one small machine that is also busy with everything else; durability is never traded away. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // A whole installation takes less than 100; tests run two beside each other on one server.
  max_connections: '250',
  shared_buffers: '256MB',
  work_mem: '16MB',
  maintenance_work_mem: '128MB',
  synchronous_commit: 'on',
  fsync: 'on',
  full_page_writes: 'on',
  wal_compression: 'on',
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min',
  checkpoint_completion_target: '0.9',
  random_page_cost: '1.1',
  jit: 'off',
  max_locks_per_transaction: '256',
  log_checkpoints: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** Our own tries while it starts are no news. */
const WORTH_TELLING = / (FATAL|PANIC|WARNING): (?! *the database system is)/;

/** A running server. */
export interface Server {
  readonly child: ChildProcess;
  /** Resolves with a sentence when the process has ended. */
  readonly exit: Promise<string>;
}

const SETPRIV = '/usr/bin/setpriv';

/** Has a program end in order (SIGINT) when we are killed, where the system can do that: on most of Linux. */
function endingWithUs(program: string, args: readonly string[]): [program: string, args: string[]] {
  const prefix = ['--pdeathsig', 'INT'];
  const known = process.platform === 'linux' && spawnSync(SETPRIV, [...prefix, 'true']).status === 0;
  return known ? [SETPRIV, [...prefix, program, ...args]] : [program, [...args]];
}

/** Starts the server of a cluster; its log goes to ours. */
export function spawnServer(
  binaries: PostgresBinaries,
  cluster: string,
  port: number,
  account: Account | undefined,
  logger: Logger,
): Server {
  const settings = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = endingWithUs(binaries.postgres, ['-D', clusterPath(cluster, account), ...settings]);
  const child = spawn(...command, {
    ...processOptions(cluster, account),
    stdio: ['ignore', 'ignore', 'pipe'],
    // In a group of its own: Ctrl-C must reach the services first, and the database only from us.
    detached: process.platform !== 'win32',
  });
  let lastLines: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = chunk.split('\n').filter((line) => line !== '');
    lastLines = [...lastLines, ...lines].slice(-5);
    for (const line of lines) logger[WORTH_TELLING.test(line) ? 'warn' : 'debug'](line);
  });
  const exit = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`the database could not be started: ${error.message}`));
    child.once('close', (code, signal) =>
      resolve(`the database ended with ${signal ?? `code ${code}`}: ${lastLines.join(' | ')}`),
    );
  });
  return { child, exit };
}

/** Resolves when the server takes connections; rejects when it ends, or after five minutes. */
export async function untilReady(server: Server, url: string, logger: Logger): Promise<void> {
  const ended = server.exit.then((how) => {
    throw new Error(how);
  });
  const started = Date.now();
  let told = started;
  for (;;) {
    const failure = await Promise.race([tryConnect(url), ended]);
    if (failure === undefined) return;
    const now = Date.now();
    if (now - started > START_TIMEOUT_MS) throw new Error(`the database did not start: ${failure.message}`, { cause: failure });
    if (now - told > 5_000) {
      told = now;
      logger.info({ reason: failure.message }, 'waiting for the database');
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Answers why a server takes no connection, or undefined where it does. */
export async function tryConnect(url: string): Promise<Error | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Fast shutdown; then the immediate one, after which the next start recovers; then the kill. */
export async function stopServer(child: ChildProcess, binaries: PostgresBinaries, cluster: string): Promise<void> {
  const ended = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  const steps: readonly (readonly [NodeJS.Signals, string, number])[] = [
    ['SIGINT', 'fast', STOP_TIMEOUT_MS],
    ['SIGQUIT', 'immediate', 10_000],
    ['SIGKILL', 'immediate', 5_000],
  ];
  for (const [signal, mode, timeoutMs] of steps) {
    if (ended()) return;
    const exit = once(child, 'exit');
    // Windows has no signals that a process could act on.
    if (process.platform === 'win32') spawnSync(binaries.pgCtl, ['stop', '-D', cluster, '-m', mode, '-W']);
    else child.kill(signal);
    await Promise.race([exit, new Promise((resolve) => setTimeout(resolve, timeoutMs).unref())]);
  }
  if (!ended()) throw new Error('the database did not stop');
}
