import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Agent, Metrics, Host, List, Pipeline } from '@fleetbeat/contracts/api.ts';
import type { Task } from '@fleetbeat/contracts/tasks.ts';
import { freshDatabase, type FreshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../infra/native/free-port.ts';

const PROGRAM = join(import.meta.dirname, '..', 'infra', 'src', 'demo.ts');
const KEY = 'e2e-admin-key-0123456789';
const AGENTS = 40;

describe('npm run demo', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'fleetbeat-demo-'));
  let child: ChildProcess;
  let api: string;
  let ports: [number, number];
  let fresh: FreshDatabase;

  function start(): void {
    const [port, ingestPort] = ports;
    const env = { PATH: process.env['PATH'], FLEETBEAT_DATA: dataDir, FLEETBEAT_ADMIN_KEY: KEY, DATABASE_URL: fresh.url };
    child = spawn(process.execPath, [PROGRAM], {
      env: { ...env, PORT: String(port), INGEST_PORT: String(ingestPort) },
      stdio: 'ignore',
    });
  }
  async function stop(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  async function get<T>(path: string): Promise<T> {
    const response = await fetch(`${api}/api/v1${path}`, { headers: { authorization: `Bearer ${KEY}` } });
    if (response.status !== 200) throw new Error(`GET ${path} answered ${response.status}`);
    return (await response.json()) as T;
  }
  const patiently = { timeout: 120_000, interval: 250 };
  const agents = async () => (await get<List<Agent>>('/agents?limit=200')).items;
  const hosts = async () => (await get<List<Host>>('/hosts?q=host-')).items.filter(({ host_id: id }) => id.startsWith('host-'));
  const online = async () => {
    const there = await agents();
    return [there.length, there.filter(({ status }) => status !== 'offline').length];
  };
  const untilOnline = () => expect.poll(() => online().catch(() => []), patiently).toEqual([AGENTS, AGENTS]);
  const stillUnread = () => get<Pipeline>('/pipeline').then(({ lag_events: events }) => events);

  beforeAll(async () => {
    fresh = await freshDatabase();
    ports = [await freePort(), await freePort()];
    api = `http://127.0.0.1:${ports[0]}`;
    start();
  });
  afterAll(async () => {
    await stop();
    await fresh.drop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('takes up its own fleet where it is started again, and fills in no minute twice', async () => {
    await untilOnline();
    // The hour is there once little more comes.
    await expect.poll(stillUnread, patiently).toBeLessThan(500);
    const before = { agents: await agents(), hosts: await hosts() };
    const open = (await get<List<Task>>('/tasks?status=in_progress&limit=200')).items.map(({ task_id: id }) => id);
    expect(open.length).toBeGreaterThan(0);
    const hourBefore = Date.now();
    const messages = async (to: number) =>
      (await get<Metrics>(`/fleet/metrics?from=${hourBefore - 7_200_000}&to=${to}`)).totals.total_messages;
    const sentBefore = await messages(hourBefore - 60_000);
    await stop();

    start();
    const restartedAt = Date.now();
    await expect
      .poll(async () => Math.max(...(await agents().catch(() => [])).map((agent) => agent.last_seen)), patiently)
      .toBeGreaterThan(restartedAt);
    await untilOnline();
    const names = (list: readonly Agent[]) =>
      list.map(({ agent_id: id, name, labels, capabilities, host_id: host }) => ({ id, name, labels, capabilities, host }));
    expect(names(await agents())).toEqual(names(before.agents));
    expect((await hosts()).map(({ host_id: id, status }) => [id, status])).toEqual(
      before.hosts.map(({ host_id: id }) => [id, 'online']),
    );
    expect(await messages(hourBefore - 60_000)).toBe(sentBefore);
    await expect
      .poll(async () => (await Promise.all(open.map((id) => get<Task>(`/tasks/${id}`)))).map(({ status }) => status), patiently)
      .not.toContain('in_progress');
    expect((await get<Pipeline>('/pipeline')).duplicate).toBe(0);
  });

  it('goes on with the same fleet where the simulator has died', async () => {
    const pid = () => Number(readFileSync(join(dataDir, 'run', 'simulator.pid'), 'utf8'));
    const died = pid();
    process.kill(died, 'SIGKILL');
    const diedAt = Date.now();
    await expect
      .poll(async () => Math.min(...(await agents()).map((agent) => agent.last_seen)), patiently)
      .toBeGreaterThan(diedAt + 2_000);
    expect(pid()).not.toBe(died);
    expect(await online()).toEqual([AGENTS, AGENTS]);
  });
});
