import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { HostSample } from '@fleetbeat/contracts/events.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { ScriptedLog, startTestGateway, type TestGateway } from '../gateway/testing.ts';
import { runProbe, type Probe, type ProbeOptions } from './run-probe.ts';

let probe: Probe | undefined;
let taken = 0;

beforeEach(() => {
  taken = 0;
});
afterEach(async () => {
  await probe?.stop();
  probe = undefined;
});

function sample(): Promise<HostSample> {
  taken++;
  const gauges = { cpu_usage: 1, memory_usage: 2, disk_usage: 3, uptime: taken };
  return Promise.resolve({ id: `s${taken}`, ts: Date.now(), host_id: 'h1', ...gauges });
}

function run(ingestUrl: string, changes: Partial<ProbeOptions> = {}): Probe {
  const logger = createLogger('probe-test', 'silent');
  probe = runProbe({ sample, ingestUrl, key: undefined, everyMs: 5, logger, ...changes });
  return probe;
}

/** The ids of all samples in the log, in order. */
function idsIn(log: ScriptedLog): unknown[] {
  return log.events().map((event) => (JSON.parse(event) as HostSample).id);
}

function firstIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `s${index + 1}`);
}

async function withGateway(work: (gateway: TestGateway, log: ScriptedLog) => Promise<void>): Promise<void> {
  const log = new ScriptedLog();
  const gateway = await startTestGateway(log);
  try {
    await work(gateway, log);
  } finally {
    await probe?.stop();
    await gateway.stop();
  }
}

it('publishes its samples through the gateway', async () => {
  await withGateway(async (gateway, log) => {
    run(gateway.url);
    await expect.poll(() => idsIn(log).length).toBeGreaterThan(5);
    expect(log.records.filter((record) => record.count > 0).every((record) => record.topic === 'host-events')).toBe(true);
    expect(JSON.parse(log.events()[0] ?? '')).toMatchObject({ host_id: 'h1', cpu_usage: 1 });
  });
});

it('sends what is left when it is stopped', async () => {
  await withGateway(async (gateway, log) => {
    const running = run(gateway.url);
    await expect.poll(() => taken).toBeGreaterThan(3);
    await running.stop();
    expect(idsIn(log)).toEqual(firstIds(taken));
  });
});

it('keeps samples while the event log is away and loses none', async () => {
  await withGateway(async (gateway, log) => {
    log.mode = 'away';
    const running = run(gateway.url);
    await expect.poll(() => running.waiting).toBeGreaterThan(10);
    expect(idsIn(log)).toEqual([]);
    log.mode = 'take';
    await expect.poll(() => idsIn(log).length, { timeout: 10_000 }).toBeGreaterThan(10);
    await running.stop();
    expect(new Set(idsIn(log))).toEqual(new Set(firstIds(taken)));
  });
});

it('drops the oldest, and says how many, when the gateway stays away', async () => {
  const running = run('http://127.0.0.1:9', { capacity: 5 });
  await expect.poll(() => running.dropped).toBeGreaterThan(3);
  expect(running.waiting).toBe(5);
});

it('gives up a batch that is refused for good, and goes on', async () => {
  const answers: number[] = [];
  const server = await listen(
    createServer((request, response) => {
      request.resume().on('end', () => {
        answers.push(answers.length === 0 ? 400 : 200);
        response.writeHead(answers.at(-1) ?? 500).end('{}');
      });
    }),
  );
  run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { key: 'a-key-of-a-test' });
  await expect.poll(() => answers.length).toBeGreaterThan(2);
  await probe?.stop();
  server.close();
});

function listen(server: Server): Promise<Server> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
