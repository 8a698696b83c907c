import { randomBytes } from 'node:crypto';
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import type { Logger } from '../logger.ts';
import { postgresAccount } from './postgres-account.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { endLeftover, initialiseCluster, ownerOf, refuseOtherVersion } from './postgres-cluster.ts';
import { spawnServer, stopServer, tryConnect, untilReady } from './postgres-server.ts';

/** A Postgres server of ours, on a loopback port. */
export interface EmbeddedDatabase {
  readonly url: string;
  /** Resolves when the server has gone without `stop` having been called, with a sentence that says how. */
  readonly gone: Promise<string>;
  /** Ends connections, writes everything out and stops the server. Safe to call twice. */
  stop(): Promise<void>;
}

const USER = 'fleetbeat';
const DATABASE = 'fleetbeat';
/** Below the range from which systems take outgoing ports: none may sit on ours when a server that crashed comes back. */
const FIRST_PORT = 20_000;
const LAST_PORT = 31_999;

interface Access {
  readonly port: number;
  readonly password: string;
}

/**
 * Starts the Postgres that npm brings, with its data in `postgres/` of the data folder; port and password
 * are in `postgres.json` there (mode 0600). The same port is used again where it is free.
 *
 * As root the server runs as the user `postgres`, with its cluster as the working directory and addressed
 * as such: so it works below folders which that user may not enter. Where we are killed, Linux ends the
 * server; elsewhere it stays until the next start, which first clears away what is left (a running server, a lock file). With `port` no other port will do: rejects while that one is taken.
 *
 * The programs are called directly, not through the package's class: that one ends the server at the first
 * signal, while our services still write.
 */
export async function startEmbeddedDatabase(
  dataDir: string,
  logger: Logger,
  wanted?: { port: number },
): Promise<EmbeddedDatabase> {
  let account = postgresAccount();
  const home = join(dataDir, 'postgres');
  const cluster = join(home, 'cluster');
  await mkdir(home, { recursive: true });

  const stored = await readAccess(dataDir);
  const password = stored?.password ?? randomBytes(24).toString('base64url');
  const made = await exists(cluster);
  if (made) account = await ownerOf(cluster, account);
  const binaries = await findPostgresBinaries(account, logger);
  if (made) {
    await refuseOtherVersion(cluster);
    if (stored === undefined)
      throw new Error(`${join(dataDir, 'postgres.json')} is missing, so nobody knows the password of the database`);
    await endLeftover(cluster, logger);
  } else {
    logger.info({ folder: home }, 'making the database');
    // Before initdb: a password that is not on disk would be lost if we were killed right after it.
    await writeAccess(dataDir, { port: stored?.port ?? 0, password });
    await initialiseCluster(binaries, home, USER, password, account);
  }

  if (wanted !== undefined && (await canListen(wanted.port)) === undefined) {
    throw new Error(`port ${wanted.port} was taken by another program`);
  }
  const port = wanted?.port ?? (await freePort(stored?.port));
  await writeAccess(dataDir, { port, password });
  const url = (database: string) => databaseUrl({ port, password }, database);
  const server = spawnServer(binaries, cluster, port, account, logger);
  try {
    await untilReady(server, url('postgres'), logger);
    await createDatabase(url('postgres'));
  } catch (error) {
    await stopServer(server.child, binaries, cluster);
    throw error;
  }

  // Where this process ends without a stop the server does not stay behind.
  const endWithUs = () => server.child.kill('SIGINT');
  process.once('exit', endWithUs);
  void server.exit.then(() => process.off('exit', endWithUs));

  let stopping: Promise<void> | undefined;
  return {
    url: url(DATABASE),
    gone: server.exit.then((how) => (stopping === undefined ? how : new Promise<never>(() => undefined))),
    stop() {
      stopping ??= stopServer(server.child, binaries, cluster);
      return stopping;
    },
  };
}

/** Where the database of a data folder can be reached, or undefined where none answers. */
export async function runningDatabaseUrl(dataDir: string): Promise<string | undefined> {
  const stored = await readAccess(dataDir);
  if (stored === undefined) return undefined;
  const url = databaseUrl(stored, DATABASE);
  return (await tryConnect(url)) === undefined ? url : undefined;
}

function databaseUrl({ port, password }: Access, database: string): string {
  return `postgresql://${USER}:${password}@127.0.0.1:${port}/${database}`;
}

async function createDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}

async function freePort(wanted: number | undefined): Promise<number> {
  if (wanted !== undefined && wanted !== 0 && (await canListen(wanted)) !== undefined) return wanted;
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const port = await canListen(FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1)));
    if (port !== undefined) return port;
  }
  const port = await canListen(0);
  if (port === undefined) throw new Error('no port is free on 127.0.0.1 for the database');
  return port;
}

function canListen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(undefined));
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

async function readAccess(dataDir: string): Promise<Access | undefined> {
  const text = await readFile(join(dataDir, 'postgres.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { port, password } = JSON.parse(text) as Partial<Access>;
  if (typeof port !== 'number' || typeof password !== 'string') throw new Error(`${join(dataDir, 'postgres.json')} is damaged`);
  return { port, password };
}

async function writeAccess(dataDir: string, stored: Access): Promise<void> {
  const file = join(dataDir, 'postgres.json');
  await writeFile(`${file}.new`, `${JSON.stringify(stored)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw new Error(`${path} cannot be read: does the data folder belong to another user?`, { cause: error });
    },
  );
}
