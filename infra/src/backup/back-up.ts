import { createWriteStream } from 'node:fs';
import { type FileHandle, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import pg from 'pg';
import { pack, type Pack } from 'tar-stream';
import { runningDatabaseUrl } from '../database/embedded.ts';
import { lockDataFolder } from '../standalone/data-folder-lock.ts';

/** What a backup says about itself, in its first entry. */
export interface About {
  format: 1;
  /** RFC 3339. */
  made_at: string;
  postgres: string;
}
export const ABOUT = 'about.json';
const CLUSTER = join('postgres', 'cluster');
/** Files of the data folder that make an installation, beside the database. */
const OWN_FILES = ['postgres.json', 'secret'];
/** What a server makes anew; its write-ahead log goes in last, as far as this backup needs it. */
const LEFT_OUT = new Set([
  'backup_label',
  'pg_dynshmem',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
  'pg_wal',
  'postmaster.opts',
  'postmaster.pid',
]);

/**
 * Writes everything an installation with an embedded database knows into `file` (a zstd-compressed tar, mode 0600), while it
 * runs or while it does not. It holds the state at the end of the backup, the keys and the secret included. Answers the
 * bytes written. Rejects, leaving no file, where the folder holds no database, or `file` exists.
 */
export async function backUp(dataDir: string, file: string): Promise<number> {
  const draft = `${file}.part`;
  // Refused now rather than after the work.
  await (await open(file, 'wx', 0o600)).close();
  try {
    const archive = pack();
    const written = pipeline(archive, createZstdCompress(), createWriteStream(draft, { mode: 0o600 }));
    await Promise.all([written, fill(archive, dataDir).catch((error: unknown) => archive.destroy(asError(error)))]);
    await rename(draft, file);
    return (await stat(file)).size;
  } catch (error) {
    await Promise.all([rm(draft, { force: true }), rm(file, { force: true })]);
    throw error;
  }
}

async function fill(archive: Pack, dataDir: string): Promise<void> {
  const version = await readFile(join(dataDir, CLUSTER, 'PG_VERSION'), 'utf8').catch(() => {
    throw new Error(`${dataDir} holds no database: set FLEETBEAT_DATA to the data folder`);
  });
  const about: About = { format: 1, made_at: new Date().toISOString(), postgres: version.trim() };
  await addText(archive, ABOUT, JSON.stringify(about));
  for (const name of OWN_FILES) {
    const text = await readFile(join(dataDir, name), 'utf8').catch(() => undefined);
    if (text !== undefined) await addText(archive, name, text);
  }
  const url = await runningDatabaseUrl(dataDir);
  await (url === undefined ? fillAtRest(archive, dataDir) : fillFromRunning(archive, dataDir, url));
  archive.finalize();
}

async function fillAtRest(archive: Pack, dataDir: string): Promise<void> {
  const unlock = await lockDataFolder(dataDir);
  try {
    await addFolder(archive, dataDir, CLUSTER, LEFT_OUT);
    await addFolder(archive, dataDir, join(CLUSTER, 'pg_wal'), new Set());
  } finally {
    await unlock();
  }
}

/** Postgres' own way of copying a live cluster: files as they are, then the log that makes them agree. */
async function fillFromRunning(archive: Pack, dataDir: string, url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'fleetbeat backup' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    // The slot goes with the connection; as long as it is there, no log that the copy needs is thrown away.
    await client.query(`select pg_create_physical_replication_slot('fleetbeat_backup_' || pg_backend_pid(), true, true)`);
    await client.query(`select pg_backup_start('fleetbeat', true)`);
    await addFolder(archive, dataDir, CLUSTER, LEFT_OUT);
    const { rows } = await client.query<{ labelfile: string; first: string }>(
      `select labelfile, substring(labelfile from 'file ([0-9A-F]{24})') first from pg_backup_stop(false)`,
    );
    const [stopped] = rows;
    if (stopped === undefined) throw new Error('Postgres did not end the backup');
    await addText(archive, posix(join(CLUSTER, 'backup_label')), stopped.labelfile);
    await addFolder(archive, dataDir, join(CLUSTER, 'pg_wal'), new Set(), (name) => name >= stopped.first);
  } finally {
    await client.end();
  }
}

/** Adds a folder below `root` and what is in it. Of folders named in `hollow` only the folder, of such files nothing. */
async function addFolder(
  archive: Pack,
  root: string,
  path: string,
  hollow: ReadonlySet<string>,
  wanted: (name: string) => boolean = () => true,
): Promise<void> {
  await addEntry(archive, { name: `${posix(path)}/`, type: 'directory', mode: 0o700 });
  for (const entry of await readdir(join(root, path), { withFileTypes: true })) {
    const inner = join(path, entry.name);
    const isHollow = hollow.has(entry.name) && path === CLUSTER;
    if (entry.isDirectory()) {
      if (isHollow) await addEntry(archive, { name: `${posix(inner)}/`, type: 'directory', mode: 0o700 });
      else await addFolder(archive, root, inner, hollow);
    } else if (entry.isFile() && !isHollow && wanted(entry.name)) await addFile(archive, root, inner);
  }
}

async function addFile(archive: Pack, root: string, path: string): Promise<void> {
  const file = await open(join(root, path)).catch((error: NodeJS.ErrnoException) => {
    // Dropped since the folder was read; the log says so too.
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return;
  try {
    const { size } = await file.stat();
    await pipeline(contentOf(file, size), archive.entry({ name: posix(path), size, mode: 0o600 }));
  } finally {
    await file.close();
  }
}

/** As many bytes as the file had at first, zeros where a live server has cut it short meanwhile. */
async function* contentOf(file: FileHandle, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < size;) {
    const buffer = Buffer.alloc(Math.min(1 << 20, size - at));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    const chunk = bytesRead === 0 ? buffer : buffer.subarray(0, bytesRead);
    at += chunk.length;
    yield chunk;
  }
}

function addText(archive: Pack, name: string, text: string): Promise<void> {
  return addEntry(archive, { name, mode: 0o600 }, text);
}

function addEntry(archive: Pack, header: Parameters<Pack['entry']>[0], text?: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null) => (error == null ? resolve() : reject(error));
    if (text === undefined) archive.entry(header, done);
    else archive.entry(header, text, done);
  });
}

function posix(path: string): string {
  return relative('', path).split(sep).join('/');
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
