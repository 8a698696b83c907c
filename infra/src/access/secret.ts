import { createHmac, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, link, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';

/**
 * The secret that everything signed by this installation hangs on: FLEETBEAT_SECRET, else the content of
 * `secret` in the data folder (mode 0600), made at the first call. Several processes may call at once.
 */
export async function loadSecret(config: Pick<Config, 'secret' | 'dataDir'>): Promise<string> {
  if (config.secret !== undefined) return config.secret;
  const file = join(config.dataDir, 'secret');
  const existing = await readSecret(file);
  if (existing !== undefined) return existing;

  await mkdir(config.dataDir, { recursive: true });
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    // Unlike a rename, a link never replaces the secret that another process made meanwhile.
    await link(draft, file);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    await unlink(draft);
  }
  const made = await readSecret(file);
  if (made === undefined) throw new Error(`the secret in ${file} cannot be read back`);
  return made;
}

/**
 * The key of whoever may read this installation's data folder. It is derived, never stored in the database,
 * and counts as an admin key, so that tools on the same machine need no key of their own.
 */
export function localOperatorKey(secret: string): string {
  return `fbl_${createHmac('sha256', secret).update('fleetbeat local operator key, version 1').digest('base64url')}`;
}

/** Leaves the local operator key in `operator-key` of the data folder (mode 0600), for tools that only read files. */
export async function writeOperatorKey(dataDir: string, secret: string): Promise<void> {
  const file = join(dataDir, 'operator-key');
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${localOperatorKey(secret)}\n`, { mode: 0o600 });
  await rename(draft, file);
}

async function readSecret(file: string): Promise<string | undefined> {
  try {
    const text = (await readFile(file, 'utf8')).trim();
    if (text.length < 16)
      throw new Error(`the secret in ${file} is shorter than 16 characters: remove the file to have one made`);
    return text;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
