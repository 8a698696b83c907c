import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Tells one process from a later one under the same number: its start, as the system counts it. Undefined
 * where no such process runs. Needed because process numbers come round again, in containers at every start.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    try {
      const [state = '', ...fields] = fieldsOf(await readFile(`/proc/${pid}/stat`, 'utf8'));
      if (ENDED.includes(state)) return undefined;
      const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
      return `${boot.trim()}:${fields[18]}`;
    } catch {
      return undefined;
    }
  }
  if (!isAlive(pid)) return undefined;
  if (process.platform === 'win32') return 'alive';
  return await run('ps', ['-o', 'lstart=', '-p', String(pid)]).then(
    ({ stdout }) => stdout.trim() || undefined,
    () => undefined,
  );
}

/** Whether a process of this number runs, ours or another user's. One that has ended and was not yet collected does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    return !ENDED.includes(fieldsOf(readFileSync(`/proc/${pid}/stat`, 'utf8'))[0] ?? '');
  } catch {
    return true;
  }
}

/** States of a process that has ended: whoever started it, or the system's first process, has not asked how. */
const ENDED: readonly string[] = ['Z', 'X'];

/** What Linux tells of a process: its state first, its start the 20th. */
function fieldsOf(stat: string): string[] {
  // The name before it, in parentheses, may hold anything.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
