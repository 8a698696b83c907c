import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, chown, mkdir, readFile, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from '../logger.ts';
import { isAlive } from '../process-identity.ts';
import type { Account } from './postgres-account.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';

const MAJOR = '18';
const LEFTOVER_STOP_MS = 60_000;

/** How the server names its data folder: by way of its working directory where it runs as another user. */
export function clusterPath(cluster: string, account: Account | undefined): string {
  return account !== undefined && process.platform === 'linux' ? '/proc/self/cwd' : cluster;
}

/** How a program of Postgres is run on a cluster. */
export function processOptions(cluster: string, account: Account | undefined) {
  return {
    cwd: cluster,
    // Our own environment holds keys that the server has no use for.
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', ...(process.platform === 'win32' ? process.env : {}) },
    ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
  };
}

/** Makes the cluster below `home` with `user` as its superuser. */
export async function initialiseCluster(
  binaries: PostgresBinaries,
  home: string,
  user: string,
  password: string,
  account: Account | undefined,
): Promise<void> {
  // Made under another name first: a cluster that broke off half-way is never taken for a whole one.
  const draft = join(home, 'cluster.new');
  const passwordFile = join(home, 'password');
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (account !== undefined) {
    for (const path of [home, draft, passwordFile]) await chown(path, account.uid, account.gid);
  }
  await chmod(home, 0o700);
  try {
    const { status, stderr, error } = spawnSync(
      binaries.initdb,
      [
        `--pgdata=${clusterPath(draft, account)}`,
        `--username=${user}`,
        '--pwfile=../password',
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--no-instructions',
      ],
      { ...processOptions(draft, account), encoding: 'utf8' },
    );
    if (error !== undefined) throw new Error(`initdb could not be run: ${error.message}`, { cause: error });
    if (status !== 0) throw new Error(`initdb failed: ${stderr.trim()}`);
    await rename(draft, join(home, 'cluster'));
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/**
 * Stops a server that outlived its supervisor. A lock file whose process is gone is left to Postgres, which
 * also looks for surviving backends; one that names a stranger's process is removed, for Postgres would refuse to start.
 */
export async function endLeftover(cluster: string, logger: Logger): Promise<void> {
  const lockFile = join(cluster, 'postmaster.pid');
  const text = await readFile(lockFile, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const pid = Number.parseInt(text, 10);
  if (Number.isInteger(pid) && pid > 0 && (await isServerOf(pid, cluster))) {
    logger.warn({ server: pid }, 'a database server of an earlier run is still there: stopping it');
    process.kill(pid, 'SIGINT');
    const deadline = Date.now() + LEFTOVER_STOP_MS;
    while (isAlive(pid) && (await isServerOf(pid, cluster))) {
      if (Date.now() > deadline) throw new Error(`the database server ${pid} of an earlier run does not stop`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  if (isAlive(pid)) await rm(lockFile, { force: true });
}

async function isServerOf(pid: number, cluster: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform === 'linux') {
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
    return cwd !== undefined && cwd === (await realpath(cluster));
  }
  try {
    return /postgres/.test(execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' }));
  } catch {
    return false;
  }
}

/** Rejects where the cluster was made by another major version. */
export async function refuseOtherVersion(cluster: string): Promise<void> {
  const version = (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim();
  if (version !== MAJOR)
    throw new Error(`the database in ${cluster} is of Postgres ${version}, this Fleetbeat brings Postgres ${MAJOR}`);
}

/**
 * Whom an existing cluster's server runs as where we are root: its owner, or `account` where root owns it, as
 * after a restore; then it is handed over first.
 */
export async function ownerOf(cluster: string, account: Account | undefined): Promise<Account | undefined> {
  if (account === undefined) return undefined;
  const { uid, gid } = await stat(cluster);
  if (uid === account.uid) return account;
  if (uid !== 0) return { name: `number ${uid}`, uid, gid };
  execFileSync('chown', ['-R', `${account.uid}:${account.gid}`, dirname(cluster)]);
  return account;
}
