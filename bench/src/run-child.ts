import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs a program of ours in a process of its own and answers the JSON that it prints. Rejects with what it said
 * where it fails. `onMessage` gets what it sends on the way; `signal` ends it.
 */
export async function runChild<T>(
  program: string,
  args: readonly string[],
  onMessage: (message: unknown) => void = () => undefined,
  signal?: AbortSignal,
): Promise<T> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  signal?.addEventListener('abort', () => child.kill());
  let output = '';
  let complaints = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  child.on('message', onMessage);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${complaints.slice(-2_000)}`);
  return JSON.parse(output) as T;
}
