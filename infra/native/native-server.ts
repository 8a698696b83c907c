import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server process that this process started and answers for. */
export interface NativeServer {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the process has ended, with the reason in words; never rejects. */
  readonly exited: Promise<string>;
  /** Asks the server to end (SIGTERM), kills it after 15 s, and returns when it is gone. Safe to call twice. */
  stop(): Promise<void>;
  /** Ends the server as a crash would (SIGKILL) and returns when it is gone. */
  kill(): Promise<void>;
}

export interface LaunchOptions {
  name: string;
  command: string;
  args: string[];
  /** Gets the server's output as `NAME.log`; made if missing. */
  dataDir: string;
  /** True when the server answers. May throw, which counts as "not yet". */
  isReady: () => Promise<boolean>;
  /** Milliseconds that the server has to become ready; 120 s unless given. */
  readyTimeoutMs?: number | undefined;
}

const STOP_TIMEOUT_MS = 15_000;
const SETPRIV = '/usr/bin/setpriv';

/**
 * Starts a server and returns when it is ready. Throws, with the end of its log, when it ends or stays unready.
 *
 * The server gets its own process group, so that Ctrl-C reaches it through us and in order, and on Linux dies with us
 * even when we are killed, so that an aborted test run leaves nothing behind.
 */
export async function launchServer(options: LaunchOptions): Promise<NativeServer> {
  const { name, dataDir } = options;
  mkdirSync(dataDir, { recursive: true });
  const logFile = join(dataDir, `${name}.log`);
  const log = openSync(logFile, 'a');
  const [command, args] = existsSync(SETPRIV)
    ? [SETPRIV, ['--pdeathsig', 'TERM', options.command, ...options.args]]
    : [options.command, options.args];
  const child = spawn(command, args, { cwd: dataDir, detached: true, stdio: ['ignore', log, log] });
  closeSync(log);

  let ended: string | undefined;
  const exited = new Promise<string>((resolve) => {
    const end = (reason: string): void => resolve((ended = reason));
    child.once('error', (error) => end(error.message));
    child.once('exit', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  const server = controlOf(name, child, exited, () => ended !== undefined);

  const deadline = Date.now() + (options.readyTimeoutMs ?? 120_000);
  while (!(await options.isReady().catch(() => false))) {
    if (ended !== undefined) throw new Error(`${name} ended while starting (${ended})\n${endOf(logFile)}`);
    if (Date.now() > deadline) {
      await server.kill();
      throw new Error(`${name} did not become ready in time\n${endOf(logFile)}`);
    }
    await sleep(50);
  }
  return server;
}

function controlOf(name: string, child: ChildProcess, exited: Promise<string>, hasEnded: () => boolean): NativeServer {
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!hasEnded()) child.kill(signal);
    await exited;
  };
  return {
    name,
    pid: child.pid ?? -1,
    exited,
    kill: () => end('SIGKILL'),
    stop: async () => {
      const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await end('SIGTERM').finally(() => clearTimeout(impatience));
    },
  };
}

function endOf(logFile: string): string {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
}
