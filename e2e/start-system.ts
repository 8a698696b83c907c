import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../infra/native/free-port.ts';

const ROOT = join(import.meta.dirname, '..');
const READY_MS = 120_000;
/** Longer than every service and the database may take to stop. */
const STOP_MS = 150_000;

/** A whole Fleetbeat of its own: every service in its process, on free ports and a data folder of its own. */
export interface RunningSystem {
  /** Base URLs of the API and the gateway. */
  readonly api: string;
  readonly ingest: string;
  /** Key with every scope. */
  readonly key: string;
  readonly dataDir: string;
  /** What a further process of this installation needs in its environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Answer of `/ready`. */
  readonly ready: unknown;
  /** The supervisor is still there. */
  readonly running: boolean;
  /** GET below `/api/v1`; throws for anything but 200. */
  get<T>(path: string): Promise<T>;
  /** `npm run simulate -- ...args` with the key that the start has left in the data folder. */
  simulate(args: string): Promise<Ended>;
  /** Stops everything; `keepData` leaves the data folder, with the log in `system.log`, to be looked at. */
  stop(options?: { keepData?: boolean }): Promise<void>;
}

export interface Ended {
  readonly code: number;
  /** Standard output and error. */
  readonly output: string;
}

/** Starts `npm start` with `env` beside the necessary and waits until it is ready. */
export async function startSystem(env: Readonly<Record<string, string | undefined>>): Promise<RunningSystem> {
  const dataDir = mkdtempSync(join(tmpdir(), 'fleetbeat-e2e-'));
  const [port, ingestPort] = [await freePort(), await freePort()];
  const key = 'e2e-admin-key-0123456789';
  const serviceEnv = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    LOG_LEVEL: 'warn',
    FLEETBEAT_DATA: dataDir,
    FLEETBEAT_ADMIN_KEY: key,
    PORT: String(port),
    INGEST_PORT: String(ingestPort),
    ...env,
  };
  const logFile = join(dataDir, 'system.log');
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [join(ROOT, 'infra', 'src', 'standalone.ts')], {
    cwd: ROOT,
    env: serviceEnv,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const api = `http://127.0.0.1:${port}`;
  const ended = once(child, 'exit');
  // Nothing stays behind where this process ends without a stop.
  const endWithUs = (): unknown => child.kill('SIGTERM');
  process.once('exit', endWithUs);
  child.once('exit', () => process.off('exit', endWithUs));

  const running = (): boolean => child.exitCode === null && child.signalCode === null;

  const stop = async ({ keepData = false } = {}): Promise<void> => {
    if (running()) {
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(killer);
    }
    if (!keepData) rmSync(dataDir, { recursive: true, force: true });
  };

  let ready: unknown;
  for (const deadline = Date.now() + READY_MS; ready === undefined;) {
    ready = await readReady(api);
    if (ready !== undefined) break;
    if (!running() || Date.now() > deadline) {
      const text = readFileSync(logFile, 'utf8').slice(-8_000);
      await stop();
      throw new Error(`Fleetbeat did not become ready\n${text}`);
    }
    await sleep(200);
  }

  return {
    api,
    ingest: `http://127.0.0.1:${ingestPort}`,
    key,
    dataDir,
    env: serviceEnv,
    ready,
    get running() {
      return running();
    },
    async get<T>(path: string): Promise<T> {
      const response = await fetch(`${api}/api/v1${path}`, { headers: { authorization: `Bearer ${key}` } });
      const text = await response.text();
      if (response.status !== 200) throw new Error(`GET ${path} answered ${response.status}: ${text}`);
      return JSON.parse(text) as T;
    },
    simulate: (args) =>
      runProgram(join(ROOT, 'agents-simulator', 'src', 'main.ts'), args, {
        PATH: process.env['PATH'],
        FLEETBEAT_DATA: dataDir,
        INGEST_URL: `http://127.0.0.1:${ingestPort}`,
        PUBLIC_URL: api,
        KAFKA_BROKERS: env['KAFKA_BROKERS'],
      }),
    stop,
  };
}

async function readReady(api: string): Promise<unknown> {
  try {
    const response = await fetch(`${api}/ready`, { signal: AbortSignal.timeout(2_000) });
    const body: unknown = await response.json();
    return response.status === 200 ? body : undefined;
  } catch {
    return undefined;
  }
}

async function runProgram(program: string, args: string, env: NodeJS.ProcessEnv): Promise<Ended> {
  try {
    const options = { cwd: ROOT, env, maxBuffer: 64 * 1024 * 1024 };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, ...args.split(' ')], options);
    return { code: 0, output: stderr + stdout };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: typeof code === 'number' ? code : -1, output: stderr + stdout };
  }
}
