import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../native/free-port.ts';
import { isAlive } from '../process-identity.ts';
import { SERVICES, type ServiceName } from '../service-context.ts';

const PROGRAM = join(import.meta.dirname, '..', 'standalone.ts');
const patiently = { timeout: 60_000, interval: 50 };

interface Run {
  readonly child: ChildProcess;
  output(): string;
}

let parent: string;
let dataDir: string;
let port: number;
let ingestPort: number;
let run: Run;

function start(env: NodeJS.ProcessEnv = {}): Run {
  const child = spawn(process.execPath, [PROGRAM], {
    env: {
      PATH: process.env['PATH'],
      FLEETBEAT_DATA: dataDir,
      PORT: String(port),
      INGEST_PORT: String(ingestPort),
      LOG_LEVEL: 'warn',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => void (text += chunk.toString()));
  return { child, output: () => text };
}

async function ended({ child }: Run): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

async function pidOf(service: ServiceName): Promise<number> {
  return Number(await readFile(join(dataDir, 'run', `${service}.pid`), 'utf8').catch(() => 'none'));
}

async function untilReady(): Promise<void> {
  await vi.waitFor(() => {
    expect(run.child.exitCode, run.output()).toBeNull();
    expect(run.output()).toContain('Fleetbeat runs.');
  }, patiently);
}

beforeAll(async () => {
  // As `mktemp -d` makes it: nobody else may enter.
  parent = await mkdtemp(join(tmpdir(), 'fleetbeat-standalone-'));
  dataDir = join(parent, 'data');
  [port, ingestPort] = [await freePort(), await freePort()];
  run = start();
  await untilReady();
});
afterAll(async () => {
  run.child.kill('SIGTERM');
  await ended(run);
  await rm(parent, { recursive: true, force: true });
});

describe('npm start', () => {
  it('prints where everything is and a sign-in link', () => {
    expect(run.output()).toContain(`http://127.0.0.1:${port}`);
    expect(run.output()).toContain(`http://127.0.0.1:${ingestPort}/v1/events`);
    expect(run.output()).toMatch(new RegExp(`http://127\\.0\\.0\\.1:${port}/sign-in\\?token=fbt_[\\w-]{43}\n`));
  });

  it('runs each service as a process of its own, whose number it notes', async () => {
    for (const service of SERVICES) {
      await expect.poll(async () => isAlive(await pidOf(service)), patiently).toBe(true);
    }
    const answer = await fetch(`http://127.0.0.1:${ingestPort}/health`);
    expect(answer.status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/ready`)).status).toBe(200);
  });

  it.each(['jobs', 'gateway'] as const)('starts %s again after kill -9', async (service) => {
    const first = await pidOf(service);
    process.kill(first, 'SIGKILL');
    await expect
      .poll(async () => {
        const next = await pidOf(service);
        return next !== first && isAlive(next);
      }, patiently)
      .toBe(true);
    if (service === 'gateway') {
      await expect
        .poll(
          () =>
            fetch(`http://127.0.0.1:${ingestPort}/health`).then(
              ({ status }) => status,
              () => 0,
            ),
          patiently,
        )
        .toBe(200);
    }
  });

  it('brings the database back after kill -9, and the services go on', async () => {
    const server = Number.parseInt(await readFile(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'), 'utf8'), 10);
    process.kill(server, 'SIGKILL');
    const send = async () => {
      const body = JSON.stringify({ agent_id: 'a', message_type: 'user_message' });
      const answer = await fetch(`http://127.0.0.1:${ingestPort}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      return answer.status;
    };
    await expect.poll(() => isAlive(server), patiently).toBe(false);
    await expect.poll(() => send().catch(() => 0), patiently).toBe(200);
  });

  it('does not start twice on one data folder', async () => {
    const [otherPort, otherIngestPort] = [await freePort(), await freePort()];
    const second = start({ PORT: String(otherPort), INGEST_PORT: String(otherIngestPort) });
    expect(await ended(second)).toBe(1);
    expect(second.output()).toContain('already runs on');
  });

  it('says which port is taken', async () => {
    const other = start({ FLEETBEAT_DATA: join(parent, 'other') });
    expect(await ended(other)).toBe(1);
    expect(other.output()).toContain(`port ${port} of 127.0.0.1 is taken`);
  });

  it('says that its data folder is none', async () => {
    const other = start({ FLEETBEAT_DATA: import.meta.filename });
    expect(await ended(other)).toBe(78);
    expect(other.output()).toContain('FLEETBEAT_DATA names no folder that can be used: EEXIST');
  });

  it('lists every mistake of its configuration', async () => {
    const other = start({ PORT: 'x', KAFKA_BROKERS: 'y', FLEETBEAT_ADMIN_KEY: 'hunter2', LOG_LEVEL: 'loud' });
    expect(await ended(other)).toBe(78);
    for (const name of ['PORT', 'KAFKA_BROKERS', 'FLEETBEAT_ADMIN_KEY', 'LOG_LEVEL']) expect(other.output()).toContain(name);
    expect(other.output()).not.toContain('hunter2');
  });

  it('leaves no process behind when it is killed, and starts again on the same data', async () => {
    const services = await Promise.all(SERVICES.map(pidOf));
    run.child.kill('SIGKILL');
    // Before a step of the stop would be given up, although the database was away before.
    for (const pid of services) await expect.poll(() => isAlive(pid), { timeout: 9_000, interval: 50 }).toBe(false);
    run = start();
    await untilReady();
  });

  it('stops everything at SIGTERM', async () => {
    const services = await Promise.all(SERVICES.map(pidOf));
    run.child.kill('SIGTERM');
    expect(await ended(run)).toBe(0);
    expect(services.filter(isAlive)).toEqual([]);
    expect(await readdir(join(dataDir, 'run'))).toEqual([]);
    await expect(readFile(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'))).rejects.toThrow(/ENOENT/);
  });
});
