import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { loadConfig } from '@fleetbeat/infra/config.ts';
import { startEmbeddedDatabase } from '@fleetbeat/infra/database/embedded.ts';
import { migrate } from '@fleetbeat/infra/database/migrate.ts';
import { openDatabase } from '@fleetbeat/infra/database/open.ts';
import { partitionOf } from '@fleetbeat/infra/event-log/murmur2.ts';
import { openEventLog } from '@fleetbeat/infra/event-log/open.ts';
import type { EventLog } from '@fleetbeat/infra/event-log/event-log.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { startClusterServers } from '../../infra/native/cluster-servers.ts';
import { cpuSeconds, peakMemoryMiB } from './cpu-time.ts';
import { requestBody } from './request-bodies.ts';
import { runChild } from './run-child.ts';

const EVENTS = 2_000_000;
const EVENTS_PER_REQUEST = 100;
const AGENTS = 200;
const GIVE_UP_MS = 180_000;

/**
 * Events per CPU-second of the processor's process, raw events on, reading from Kafka what the gateway would have
 * put there, against a process that reads the same topic and parses it. Both from their start to the last event.
 */
export async function benchProcessor(): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetbeat-bench-'));
  const logger = createLogger('bench', 'error');
  const servers = await startClusterServers({ dataDir: folder });
  const embedded = await startEmbeddedDatabase(folder, logger);
  const env = { ...servers.variables, DATABASE_URL: embedded.url, FLEETBEAT_DATA: folder, LOG_LEVEL: 'warn' };
  const config = loadConfig(env);
  const database = openDatabase(embedded.url, logger);
  try {
    await migrate(database);
    const log = openEventLog(config, database, logger);
    await log.createTopics();
    await fill(log);
    await log.close();

    const bare = await runChild<{ events: number; cpu_seconds: number }>(join(import.meta.dirname, 'bare-consumer.ts'), [
      servers.variables.KAFKA_BROKERS,
      String(EVENTS),
    ]);

    const child = spawn(process.execPath, [join(import.meta.dirname, '../../infra/src/service.ts'), 'processors'], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const { pid } = child;
    if (pid === undefined) throw new Error('the processors did not start');
    const startedAt = Date.now();
    for (let read = 0; read < EVENTS;) {
      if (child.exitCode !== null || Date.now() - startedAt > GIVE_UP_MS) throw new Error(`only ${read} events were processed`);
      await pause(100);
      const { rows } = await database.query<{ read: number }>(
        'select coalesce(sum(aggregated), 0)::int as read from cuts where stored_at is not null',
      );
      read = rows[0]?.read ?? 0;
    }
    const seconds = cpuSeconds(pid);
    const memory = peakMemoryMiB(pid);
    child.kill('SIGTERM');
    await once(child, 'exit');

    const perSecond = EVENTS / seconds;
    const ceiling = bare.events / bare.cpu_seconds;
    return {
      processor_events_per_s: perSecond,
      processor_bare_events_per_s: ceiling,
      processor_ratio: perSecond / ceiling,
      processor_peak_memory_mib: memory,
    };
  } finally {
    await database.end();
    await embedded.stop();
    await servers.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Puts records into the log as the gateway makes them of requests of 100 events. */
async function fill(log: EventLog): Promise<void> {
  const partitions = await log.partitionCount('agent-events');
  const bodies = Array.from({ length: 64 }, (_, number) => requestBody(number, EVENTS_PER_REQUEST, AGENTS));
  for (let sent = 0; sent < EVENTS;) {
    const appends: Promise<void>[] = [];
    for (let request = 0; request < 100 && sent < EVENTS; request++) {
      const body = bodies[request % bodies.length];
      if (body === undefined) throw new Error('no body');
      body.renew(sent, Date.now());
      sent += body.count;
      const lines = body.bytes.toString('latin1').slice(1, -1).replaceAll('},{', '}\n{').split('\n');
      const records = new Map<number, string[]>();
      for (const line of lines) {
        const partition = partitionOf((JSON.parse(line) as { agent_id: string }).agent_id, partitions);
        const record = records.get(partition);
        if (record === undefined) records.set(partition, [line]);
        else record.push(line);
      }
      appends.push(
        log.append(
          [...records].map(([partition, group]) => ({
            topic: 'agent-events',
            partition,
            key: null,
            value: Buffer.from(group.join('\n')),
            count: group.length,
          })),
        ),
      );
    }
    await Promise.all(appends);
  }
}
