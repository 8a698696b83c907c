import { mkdir, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processIdentity } from '../process-identity.ts';

/** Another installation runs on the same data folder. */
export class DataFolderInUse extends Error {
  override readonly name = 'DataFolderInUse';
}

/**
 * Takes the data folder for this process, so that no second standalone runs on it. A lock whose process has
 * died, or whose number now belongs to another, is taken over. Answers the function that gives the folder back; rejects with
 * `DataFolderInUse`.
 */
export async function lockDataFolder(dataDir: string): Promise<() => Promise<void>> {
  const run = join(dataDir, 'run');
  const file = join(run, 'standalone.lock');
  await mkdir(run, { recursive: true });
  const identity = await processIdentity(process.pid);
  const mine = JSON.stringify({ pid: process.pid, identity });

  for (let attempt = 1; ; attempt += 1) {
    try {
      await writeFile(file, mine, { flag: 'wx', mode: 0o600 });
      break;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const holder = await readHolder(file);
    if (holder !== undefined && (await processIdentity(holder.pid)) === holder.identity) {
      throw new DataFolderInUse(`Fleetbeat already runs on ${dataDir} (process ${holder.pid}): stop it, or set FLEETBEAT_DATA`);
    }
    if (attempt === 3) throw new Error(`${file} cannot be replaced`);
    await unlink(file).catch(() => undefined);
  }

  // Numbers of processes that an earlier holder could not tidy away.
  for (const name of await readdir(run)) {
    if (name.endsWith('.pid')) await rm(join(run, name), { force: true });
  }
  return async () => {
    if ((await readFile(file, 'utf8').catch(() => '')) === mine) await unlink(file);
  };
}

async function readHolder(file: string): Promise<{ pid: number; identity: string } | undefined> {
  try {
    const { pid, identity } = JSON.parse(await readFile(file, 'utf8')) as { pid?: unknown; identity?: unknown };
    return typeof pid === 'number' && typeof identity === 'string' ? { pid, identity } : undefined;
  } catch {
    return undefined;
  }
}
