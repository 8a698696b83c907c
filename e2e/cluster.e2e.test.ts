import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentMessage } from '@fleetbeat/contracts/testing.ts';
import { freshDatabase, influxServer, kafkaBrokers, redisUrl } from '@fleetbeat/infra/testing/servers.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startClusterServers } from '../infra/native/cluster-servers.ts';
import { freePort } from '../infra/native/free-port.ts';
import { environmentOf, ourServices, ROOT, type ComposeService } from './compose-file.ts';

const SECRETS = {
  POSTGRES_PASSWORD: 'postgres-password',
  REDIS_PASSWORD: 'redis-password',
  INFLUX_PASSWORD: 'influx-password',
  INFLUX_TOKEN: 'influx-token',
  FLEETBEAT_SECRET: 'cluster-test-secret-0123456789abcdef',
  FLEETBEAT_ADMIN_KEY: 'cluster-test-admin-key',
  FLEETBEAT_INGEST_KEY: 'cluster-test-ingest-key',
  LOG_LEVEL: 'warn',
};
const available = kafkaBrokers() !== null && influxServer() !== null && redisUrl() !== null;

/** Our services as docker-compose.yml starts them; only addresses and ports are those of this machine. */
describe.skipIf(!available)('the cluster of docker-compose.yml', () => {
  const cleanUps: (() => unknown)[] = [];
  const processes = new Map<string, ChildProcess>();
  const output = new Map<string, string>();
  let ports: { gateway: number; bff: number };
  let environments: Map<string, Record<string, string>>;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fleetbeat-cluster-'));
    cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
    const servers = await startClusterServers({ dataDir: folder });
    cleanUps.push(() => servers.stop());
    const database = await freshDatabase();
    cleanUps.push(() => database.drop());

    ports = { gateway: await freePort(), bff: await freePort() };
    const here: Record<string, string> = {
      ...servers.variables,
      DATABASE_URL: database.url,
      INGEST_URL: `http://127.0.0.1:${ports.gateway}`,
      FLEETBEAT_DATA: join(folder, 'data'),
      INGEST_PORT: String(ports.gateway),
      PORT: String(ports.bff),
      // The test's InfluxDB is 1.x, which has neither.
      INFLUX_ORG: '',
      INFLUX_TOKEN: '',
    };
    environments = new Map(
      await Promise.all(
        ourServices().map(async ([name, service]) => {
          const environment = environmentOf(service, SECRETS);
          const local = Object.entries({ ...here, METRICS_PORT: String(await freePort()) });
          return [
            name,
            { ...environment, ...Object.fromEntries(local.filter(([variable]) => variable in environment)) },
          ] as const;
        }),
      ),
    );
    for (const [name, service] of ourServices()) start(name, service.command ?? []);
  });

  afterAll(async () => {
    await Promise.all([...processes.keys()].map(stop));
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  });

  it('becomes ready on Kafka, InfluxDB and Redis', async () => {
    const ready = (): Promise<unknown> => bff('/ready');
    await expect
      .poll(ready, { timeout: 90_000, interval: 250, message: 'the BFF is not ready' })
      .toMatchObject({ engines: { event_log: 'kafka', time_series: 'influxdb', job_queue: 'redis', database: 'postgres' } });
  });

  it.each(ourServices())('runs %s, which its own health check finds healthy', async (name, service) => {
    await expect
      .poll(() => healthCheck(name, service), { timeout: 60_000, interval: 500, message: output.get(name) ?? '' })
      .toBe(0);
  });

  it('shows in the API what the gateway took', async () => {
    const events = Array.from({ length: 50 }, (_, index) =>
      agentMessage({ agent_id: 'cluster-agent', input_tokens: 10, output_tokens: index, response_time_ms: 100 + index }),
    );
    const answer = await fetch(`http://127.0.0.1:${ports.gateway}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${SECRETS.FLEETBEAT_INGEST_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(events),
    });
    expect(answer.status, await answer.text()).toBeLessThan(207);

    const from = Date.now() - 600_000;
    const to = Date.now() + 600_000;
    await expect
      .poll(() => bff(`/api/v1/agents/cluster-agent/metrics?from=${from}&to=${to}`), { timeout: 60_000, interval: 250 })
      .toMatchObject({ totals: { total_responses: 50, input_tokens: 500, output_tokens: (49 * 50) / 2 } });
    await expect
      .poll(() => bff('/api/v1/agents/cluster-agent/events'), { timeout: 60_000, interval: 500 })
      .toMatchObject({ items: expect.arrayContaining([expect.objectContaining({ agent_id: 'cluster-agent' })]) as unknown });
  });

  it('shows the host that the probe samples', async () => {
    await expect
      .poll(() => bff('/api/v1/hosts'), { timeout: 60_000, interval: 500 })
      .toMatchObject({ items: [{ status: 'online' }] });
  });

  it('takes no events without a key', async () => {
    const answer = await fetch(`http://127.0.0.1:${ports.gateway}/v1/events`, { method: 'POST', body: '[]' });
    expect(answer.status).toBe(401);
  });

  it('ends each service cleanly when asked to', async () => {
    const names = [...processes.keys()];
    expect(Object.fromEntries(await Promise.all(names.map(async (name) => [name, await stop(name)])))).toEqual(
      Object.fromEntries(names.map((name) => [name, 0])),
    );
  });

  function start(name: string, [program = '', ...args]: string[]): void {
    const child = spawn(program === 'node' ? process.execPath : program, args, {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environments.get(name) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    processes.set(name, child);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => output.set(name, ((output.get(name) ?? '') + text).slice(-10_000)));
    }
  }

  /** The exit code, also of a process that has ended before. */
  async function stop(name: string): Promise<number | NodeJS.Signals | null> {
    const child = processes.get(name);
    if (child === undefined) return null;
    if (child.exitCode === null && child.signalCode === null) {
      const exit = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const impatience = setTimeout(() => child.kill('SIGKILL'), 30_000);
      await exit;
      clearTimeout(impatience);
    }
    if (child.exitCode !== 0) console.error(`${name} ended with ${child.exitCode ?? child.signalCode}\n${output.get(name)}`);
    return child.exitCode ?? child.signalCode;
  }

  /** Runs the command of the service's health check against the port that this test gave it; resolves to its exit code. */
  function healthCheck(name: string, service: ComposeService): Promise<number | null> {
    const environment = environments.get(name) ?? {};
    const original = environmentOf(service, SECRETS);
    const [, , ...args] = (service.healthcheck?.test ?? []).map((argument) =>
      ['INGEST_PORT', 'PORT', 'METRICS_PORT'].reduce(
        (text, variable) => (original[variable] ? text.replace(`:${original[variable]}/`, `:${environment[variable]}/`) : text),
        argument,
      ),
    );
    return new Promise((resolve) => {
      spawn(process.execPath, args, { cwd: ROOT, stdio: 'ignore' }).once('exit', resolve);
    });
  }

  async function bff(path: string): Promise<unknown> {
    const headers = { authorization: `Bearer ${SECRETS.FLEETBEAT_ADMIN_KEY}` };
    return fetch(`http://127.0.0.1:${ports.bff}${path}`, { headers }).then(
      (answer) => answer.json(),
      (error: unknown) => String(error),
    );
  }
});
