import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { READY_MESSAGE, type ServiceName } from '@fleetbeat/infra/service-context.ts';

const SERVICE = join(import.meta.dirname, '..', 'infra', 'src', 'service.ts');
const READY_MS = 120_000;
const STOP_MS = 30_000;

/** One service in a process of its own, as an operator starts it with `npm run service -- NAME`. */
export interface RunningService {
  /** Resolves when the process has ended without having been asked to, with a sentence. */
  readonly lost: Promise<string>;
  /** Ends it and resolves when it has gone. Safe to call twice. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Resolves when the service says that it is ready; rejects with the end of its log where it ends before. It ends with this process. */
export async function startService(
  name: ServiceName,
  env: Readonly<Record<string, string | undefined>>,
  logFile: string,
): Promise<RunningService> {
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [SERVICE, name], { env, stdio: ['ignore', log, log, 'ipc'] });
  closeSync(log);
  let asked = false;
  const exit = once(child, 'exit').then(([code, signal]) => `${name} ended by itself with ${String(signal ?? `code ${code}`)}`);
  const stop = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> => {
    asked = true;
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const killer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await exit;
    clearTimeout(killer);
  };

  const { promise: ready, resolve: becomesReady } = Promise.withResolvers<undefined>();
  child.on('message', (message) => {
    if (message === READY_MESSAGE) becomesReady(undefined);
  });
  const impatience = setTimeout(() => child.kill('SIGKILL'), READY_MS);
  const ended = await Promise.race([ready, exit]);
  clearTimeout(impatience);
  if (ended !== undefined) throw new Error(`${ended} before it was ready\n${readFileSync(logFile, 'utf8').slice(-4_000)}`);

  const lost = new Promise<string>((resolve) => {
    void exit.then((how) => {
      if (!asked) resolve(how);
    });
  });
  return { lost, stop };
}
