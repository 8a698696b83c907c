import type { Metrics, Pipeline } from '@fleetbeat/contracts/api.ts';
import { loadConfig } from '@fleetbeat/infra/config.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { openEngines } from '@fleetbeat/infra/open-engines.ts';
import { freshDatabase, influxServer, kafkaBrokers, redisUrl } from '@fleetbeat/infra/testing/servers.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startClusterServers } from '../infra/native/cluster-servers.ts';
import { freePort } from '../infra/native/free-port.ts';
import { startLoad } from './chaos/load.ts';
import { watchScreen } from './chaos/screen.ts';
import { sendEvents } from './send-events.ts';
import { startService } from './start-service.ts';

const KEY = 'scale-out-admin-key-0123456789';
const WAIT = { timeout: 60_000, interval: 250 };
const HOUR = 3_600_000;
/** Runs hourly, so that what is counted here was asked for here. */
const TASK = 'dead-letters';
const JOBS = 20;
const available = kafkaBrokers() !== null && influxServer() !== null && redisUrl() !== null;

/** Two of each service on one Kafka, InfluxDB, Redis and Postgres of their own. */
describe.skipIf(!available)('two of each service', () => {
  const cleanUps: (() => unknown)[] = [];
  const ports = { processors: [0, 0], jobs: [0, 0], bff: [0, 0], gateway: [0, 0] };
  let dataDir: string;
  let shared: Record<string, string | undefined>;

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'fleetbeat-scale-out-'));
    cleanUps.push(() => rmSync(dataDir, { recursive: true, force: true }));
    const servers = await startClusterServers({ dataDir });
    cleanUps.push(() => servers.stop());
    const database = await freshDatabase();
    cleanUps.push(() => database.drop());
    shared = {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      ...servers.variables,
      DATABASE_URL: database.url,
      FLEETBEAT_DATA: join(dataDir, 'data'),
      FLEETBEAT_ADMIN_KEY: KEY,
      LOG_LEVEL: 'warn',
    };
    const portVariable = { processors: 'METRICS_PORT', jobs: 'METRICS_PORT', bff: 'PORT', gateway: 'INGEST_PORT' } as const;
    for (const name of ['processors', 'jobs', 'bff', 'gateway'] as const) {
      ports[name] = [await freePort(), await freePort()];
      const services = await Promise.all(
        ports[name].map((port, index) =>
          startService(name, { ...shared, [portVariable[name]]: String(port) }, join(dataDir, `${name}-${index}.log`)),
        ),
      );
      for (const service of services) cleanUps.push(() => service.stop());
    }
  });

  afterAll(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  });

  const url = (port: number | undefined): string => `http://127.0.0.1:${port}`;
  const system = (index: number) => ({ api: url(ports.bff[index]), ingest: url(ports.gateway[index]), key: KEY, dataDir });
  const get = async <T>(index: number, path: string): Promise<T> => {
    const answer = await fetch(`${url(ports.bff[index])}/api/v1${path}`, { headers: { authorization: `Bearer ${KEY}` } });
    return (await answer.json()) as T;
  };
  const metricsOf = async (port: number | undefined): Promise<string> => (await fetch(`${url(port)}/metrics`)).text();
  const post = (index: number, event: object): Promise<void> => sendEvents(system(index), [event]);

  it('shares the partitions: each has one processor, and each processor some', async () => {
    await expect
      .poll(async () => {
        const held = await Promise.all(
          ports.processors.map(async (port) =>
            [...(await metricsOf(port)).matchAll(/^fleetbeat_source_position\{.*?topic="([^"]+)".*?partition="(\d+)"/gm)].map(
              ([, topic, partition]) => `${topic}/${partition}`,
            ),
          ),
        );
        return { all: held.flat().sort(), idle: held.filter((partitions) => partitions.length === 0).length };
      }, WAIT)
      .toEqual({
        all: [
          ...['agent-events/0', 'agent-events/1', 'agent-events/2', 'agent-events/3'],
          ...['host-events/0', 'task-events/0', 'task-events/1'],
        ],
        idle: 0,
      });
  });

  it('is exact whichever gateway takes an event and whichever BFF answers', async () => {
    const args = '--agents 20 --hosts 3 --rate 200 --duration 8';
    const loads = [startLoad(system(0), 'first', `${args} --seed 1`), startLoad(system(1), 'second', `${args} --seed 2`)];
    const reports = await Promise.all(loads.map(({ report }) => report));
    for (const { code, output } of reports) expect(code, output).toBe(0);

    const sent = reports.reduce((sum, { responses }) => sum + responses, 0);
    const accepted = reports.reduce((sum, report) => sum + report.accepted, 0);
    expect(sent).toBeGreaterThan(100);
    for (const index of [0, 1]) {
      const fleet = `/fleet/metrics?from=${Date.now() - HOUR}&to=${Date.now() + HOUR}`;
      await expect.poll(async () => (await get<Metrics>(index, fleet)).totals.total_responses, WAIT).toBe(sent);
      await expect.poll(async () => (await get<Pipeline>(index, '/pipeline')).aggregated, WAIT).toBe(accepted);
    }
  });

  it('shows what happens on every dashboard, whichever BFF it is connected to', async () => {
    const screens = [watchScreen(system(0)), watchScreen(system(1))];
    const seen: string[][] = [[], []];
    const sockets = seen.map((tasks, index): Socket => {
      const socket = io(url(ports.bff[index]), { transports: ['websocket'], extraHeaders: { authorization: `Bearer ${KEY}` } });
      socket.on('connect', () => socket.emit('subscribe', { channel: 'tasks' }));
      for (const type of ['task_created', 'task_update']) {
        socket.on(type, (message: { data: { task_id?: string; task?: { task_id?: string } } }) => {
          tasks.push(message.data.task_id ?? message.data.task?.task_id ?? JSON.stringify(message));
        });
      }
      return socket;
    });
    try {
      await expect.poll(() => sockets.every(({ connected }) => connected), WAIT).toBe(true);
      const tasks: string[] = [];
      // A subscription is on its way when the socket is connected: an event after the other until both have seen one.
      await expect
        .poll(
          async () => {
            const id = `scale-out-${tasks.length}`;
            tasks.push(id);
            await post(tasks.length % 2, { task_id: id, id, status: 'in_progress', name: id });
            return seen.every((ids) => tasks.some((task) => ids.includes(task)));
          },
          { timeout: 60_000, interval: 1_000 },
        )
        .toBe(true);

      await post(1, { agent_id: 'scale-out', id: 'scale-out', message_type: 'agent_response' });
      const acknowledgedAt = Date.now();
      await expect.poll(() => screens.every(({ through }) => through >= acknowledgedAt), WAIT).toBe(true);
    } finally {
      for (const each of [...sockets, ...screens]) each.close();
    }
  });

  it('runs a job once, in one of the two processes', async () => {
    const engines = openEngines(loadConfig(shared), createLogger('scale-out', 'warn'));
    const runs = async (): Promise<number[]> =>
      Promise.all(
        ports.jobs.map(async (port) => {
          const pattern = new RegExp(`^fleetbeat_query_seconds_count\\{.*query="retention_${TASK}".*\\} (\\d+)`, 'gm');
          return [...(await metricsOf(port)).matchAll(pattern)].reduce((sum, [, count]) => sum + Number(count), 0);
        }),
      );
    const sum = (counts: number[]): number => counts.reduce((total, count) => total + count, 0);
    try {
      // The schedule's own first run comes at once.
      await expect.poll(async () => sum(await runs()), WAIT).toBe(1);
      for (let index = 0; index < JOBS; index += 1) {
        await engines.jobQueue.add('retention', { task: TASK }, { id: `scale-out-${index}` });
      }
      await expect.poll(async () => sum(await runs()), WAIT).toBeGreaterThanOrEqual(1 + JOBS);
      // The same jobs are asked for again: they are known.
      for (let index = 0; index < JOBS; index += 1) {
        await engines.jobQueue.add('retention', { task: TASK }, { id: `scale-out-${index}` });
      }
      await engines.jobQueue.add('retention', { task: TASK }, { id: 'scale-out-last' });
      await expect.poll(async () => sum(await runs()), WAIT).toBeGreaterThanOrEqual(2 + JOBS);
      expect(sum(await runs())).toBe(2 + JOBS);
    } finally {
      await engines.close();
    }
  });
});
