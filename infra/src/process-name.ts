import { createHash } from 'node:crypto';
import { readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { processIdentity } from './process-identity.ts';

/** Number, place and identity of a process: `4711-1f0c33ab-9d20e6f1`, somewhere in a longer text. */
const NAME = /(\d+)-([0-9a-f]{8})-([0-9a-f]{8})/;

let own: Promise<string> | undefined;

/**
 * A name of this process under which others on this machine can tell later whether it still runs, as when it holds
 * something on a server that waits for it. Letters, digits and `-` only.
 */
export function processName(): Promise<string> {
  own ??= nameOf(process.pid).then((name) => name ?? `${process.pid}`);
  return own;
}

async function nameOf(pid: number): Promise<string | undefined> {
  const identity = await processIdentity(pid);
  return identity === undefined ? undefined : `${pid}-${digest(await place())}-${digest(identity)}`;
}

/**
 * Whether the process whose name is in `text` has ended. False where this cannot be told from here, as of a process on another
 * machine or in another container.
 */
export async function hasEnded(text: string): Promise<boolean> {
  const [name, pid, where] = NAME.exec(text) ?? [];
  if (name === undefined || where !== digest(await place())) return false;
  return (await nameOf(Number(pid))) !== name;
}

/** What process numbers are counted in: they mean something else on another machine and in another container. */
async function place(): Promise<string> {
  return `${hostname()} ${await readlink('/proc/self/ns/pid').catch(() => process.platform)}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
