import { createHmac, randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { uuid } from 'systeminformation';
import { idSchema } from '@fleetbeat/contracts/events.ts';
import type { Logger } from '@fleetbeat/infra/logger.ts';

/**
 * The id under which this host reports, the same after a restart and a change of its name: `host-id` of the
 * data folder, made at the first call from the host name and a hash of the machine's own id.
 */
export async function loadHostId(dataDir: string, logger: Logger): Promise<string> {
  const file = join(dataDir, 'host-id');
  const stored = await readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
  if (idSchema.safeParse(stored).success) return stored;

  const made = makeHostId(hostname(), (await uuid()).os || randomUUID());
  try {
    await mkdir(dataDir, { recursive: true });
    await writeFile(file, `${made}\n`);
  } catch (error) {
    logger.warn({ err: error, file }, 'the host id cannot be kept: it may change with the name of the host');
  }
  return made;
}

/** The machine's own id is a secret of sorts, so only a keyed hash of it leaves the host. */
export function makeHostId(name: string, machineId: string): string {
  const hash = createHmac('sha256', 'fleetbeat host id').update(machineId).digest('hex').slice(0, 8);
  const readable = name.replace(/[^A-Za-z0-9_.-]+/g, '-').slice(0, 100) || 'host';
  return `${readable}-${hash}`;
}
