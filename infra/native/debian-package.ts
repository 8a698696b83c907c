import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
const APT_GET = '/usr/bin/apt-get';

/** Why a server cannot be had on this machine; callers skip what needs it and say so. */
export class NotAvailable extends Error {
  override name = 'NotAvailable';
}

/** apt-get takes a lock and fails when it is held, so installations queue. */
let queue: Promise<unknown> = Promise.resolve();
let listsUpdated = false;

/**
 * The path of a program that a Debian package brings; installs the package when the program is missing and we may (root on
 * Debian). Throws NotAvailable with the reason and the command to run otherwise.
 */
export async function programOf(packageName: string, program: string): Promise<string> {
  if (existsSync(program)) return program;
  const installed = queue.then(() => install(packageName, program));
  queue = installed.catch(() => undefined);
  await installed;
  return program;
}

async function install(packageName: string, program: string): Promise<void> {
  if (existsSync(program)) return;
  const remedy = `install it with: apt-get install ${packageName}`;
  if (!existsSync(APT_GET)) throw new NotAvailable(`${program} is missing and this is not Debian; ${remedy} or its like`);
  if (process.getuid?.() !== 0) throw new NotAvailable(`${program} is missing and only root may install it; ${remedy}`);
  // RUNLEVEL=1 keeps invoke-rc.d from starting the packaged service, which nobody here uses.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  try {
    if (!listsUpdated) await run(APT_GET, ['update', '-q'], { env, timeout: 300_000, maxBuffer: 1 << 26 });
    listsUpdated = true;
    await run(APT_GET, ['install', '-y', '-q', '--no-install-recommends', packageName], {
      env,
      timeout: 600_000,
      maxBuffer: 1 << 26,
    });
  } catch (error) {
    throw new NotAvailable(`${packageName} could not be installed: ${String(error).slice(-500)}`);
  }
  if (!existsSync(program)) throw new NotAvailable(`${packageName} was installed but brought no ${program}`);
}
