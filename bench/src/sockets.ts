import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { FAMILIES, TIERS, WHOLE, windowStart } from '@fleetbeat/contracts/aggregates.ts';
import type { OpenPartials } from '@fleetbeat/contracts/live.ts';
import { loadConfig } from '@fleetbeat/infra/config.ts';
import { migrate } from '@fleetbeat/infra/database/migrate.ts';
import { openDatabase } from '@fleetbeat/infra/database/open.ts';
import { openEventLog } from '@fleetbeat/infra/event-log/open.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { READY_MESSAGE } from '@fleetbeat/infra/service-context.ts';
import { freePort } from '../../infra/native/free-port.ts';
import { startBenchServers } from './bench-servers.ts';
import { cpuSeconds, peakMemoryMiB } from './cpu-time.ts';
import { OFFER_EVERY_MS, requireOpenFiles, type ClientsAnswer, type ClientsOrder } from './socket-clients.ts';

const CLIENTS = 5_000;
const PROCESSES = 2;
const WARM_UP_MS = 3_000;
const MEASURED_MS = 30_000;
const CONNECT_MS = 120_000;
const KEY = 'key-of-the-socket-benchmark';

/**
 * One BFF with 5,000 Socket.IO clients that follow the fleet, to which 20 updates a second are offered through the log:
 * how long they take to the clients, and the BFF's CPU and memory. Updates are coalesced to four messages a second.
 */
export async function benchSockets(): Promise<Record<string, number>> {
  requireOpenFiles(CLIENTS);
  const servers = await startBenchServers();
  const logger = createLogger('bench', 'error');
  const port = await freePort();
  const env = {
    DATABASE_URL: servers.databaseUrl,
    ...(servers.brokers === null ? {} : { KAFKA_BROKERS: servers.brokers.join() }),
    FLEETBEAT_DATA: servers.folder,
    FLEETBEAT_ADMIN_KEY: KEY,
    PORT: String(port),
    LOG_LEVEL: 'warn',
  };
  const database = openDatabase(servers.databaseUrl, logger);
  const log = openEventLog(loadConfig(env), database, logger);
  const ends: (() => Promise<unknown> | void)[] = [() => servers.stop(), () => database.end(), () => log.close()];
  try {
    await migrate(database);
    await log.createTopics();
    const { rows } = await database.query<{ id: number }>(
      `insert into sources (topic, partition) values ('agent-events', 0) returning id`,
    );
    const source = rows[0]?.id ?? Number.NaN;

    const bff = spawn(process.execPath, [join(import.meta.dirname, '../../infra/src/service.ts'), 'bff'], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const { pid } = bff;
    if (pid === undefined) throw new Error('the BFF did not start');
    ends.push(async () => {
      if (bff.exitCode !== null) return;
      bff.kill('SIGTERM');
      await once(bff, 'exit');
    });
    const [ready] = (await Promise.race([once(bff, 'message'), once(bff, 'exit')])) as [unknown];
    if (ready !== READY_MESSAGE) throw new Error('the BFF ended at its start');
    const idleMiB = peakMemoryMiB(pid);

    let offset = 0;
    let offering: Promise<unknown> = Promise.resolve();
    const timer = setInterval(() => {
      // Clients find the updates between two messages by their times.
      const at = windowStart(Date.now(), OFFER_EVERY_MS);
      const value = Buffer.from(JSON.stringify(updateAt(at, source, ++offset)));
      offering = log.append([{ topic: 'aggregates', partition: 0, key: null, value, count: 1 }]);
      offering.catch((error: unknown) => console.error(error));
    }, OFFER_EVERY_MS);
    ends.push(async () => {
      clearInterval(timer);
      await offering;
    });

    const order: ClientsOrder = { url: `http://127.0.0.1:${port}`, key: KEY, clients: CLIENTS / PROCESSES };
    const clients = Array.from({ length: PROCESSES }, () => startClients(order));
    for (const { child } of clients) ends.push(() => void child.kill());
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error('not all clients are connected')), CONNECT_MS).unref();
    });
    await Promise.race([Promise.all(clients.map(({ connected }) => connected)), late]);
    await pause(WARM_UP_MS);
    for (const { child } of clients) child.send('measure');
    const [cpuBefore, start] = [cpuSeconds(pid), performance.now()];
    await pause(MEASURED_MS);
    const seconds = (performance.now() - start) / 1_000;
    const cpu = (cpuSeconds(pid) - cpuBefore) / seconds;
    const memory = peakMemoryMiB(pid);
    for (const { child } of clients) child.send('answer');
    const answers = await Promise.all(clients.map(({ answer }) => answer));
    const sum = (of: (answer: ClientsAnswer) => number): number => answers.reduce((all, answer) => all + of(answer), 0);
    return {
      sockets_clients: CLIENTS - sum(({ lost }) => lost),
      sockets_messages_per_client_s: sum(({ messages }) => messages) / CLIENTS / seconds,
      sockets_delivery_p50_ms: quantile(answers, 'delivery', 0.5),
      sockets_delivery_p99_ms: quantile(answers, 'delivery', 0.99),
      sockets_update_p50_ms: quantile(answers, 'updates', 0.5),
      sockets_update_p99_ms: quantile(answers, 'updates', 0.99),
      sockets_bff_cpu_cores: cpu,
      sockets_bff_peak_memory_mib: memory,
      sockets_kib_per_client: ((memory - idleMiB) * 1024) / CLIENTS,
    };
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

/** What a processor says of the fleet's newest window. */
function updateAt(at: number, source: number, offset: number): OpenPartials {
  const values = Object.keys(FAMILIES.events.columns).map((_, column) => offset * (column + 1));
  const partial = {
    set: 'fleet',
    key: WHOLE,
    window: windowStart(at, TIERS['10s']),
    values,
    sketch: null,
    distinct: null,
  } as const;
  return { source, seq: 0, offset, through: at, partials: [partial] };
}

function startClients(order: ClientsOrder) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'socket-clients.ts'), JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => {
    if (code !== 0) throw new Error(`clients ended with ${String(code)}`);
    return JSON.parse(output) as ClientsAnswer;
  });
  ended.catch(() => undefined);
  return { child, connected: Promise.race([once(child, 'message'), ended]), answer: ended };
}

/** Milliseconds within which a share of what all clients have counted came. */
function quantile(answers: readonly ClientsAnswer[], of: 'delivery' | 'updates', share: number): number {
  const counts = answers.reduce<number[]>((all, answer) => answer[of].map((count, ms) => count + (all[ms] ?? 0)), []);
  const wanted = counts.reduce((sum, count) => sum + count, 0) * share;
  let seen = 0;
  return counts.findIndex((count) => (seen += count) >= wanted);
}
