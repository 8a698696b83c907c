import { spawn, type ChildProcess } from 'node:child_process';
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
import { READY_MESSAGE } from '@fleetbeat/infra/service-context.ts';
import { startClusterServers } from '../../infra/native/cluster-servers.ts';
import { requestBody, type RequestBody } from './request-bodies.ts';

const EVENTS_PER_REQUEST = 100;
/** Requests of different events; a fleet that is larger gets as many as it takes for each agent to have one. */
const FEWEST_BODIES = 64;
const GIVE_UP_MS = 300_000;

/** A cluster of a benchmark's own, in which processors read what the benchmark puts into the log. */
export interface ProcessorRig {
  readonly brokers: string;
  /**
   * Puts `events` of `agents` agents into the log, in records as the gateway makes them of requests of 100. Each agent sends
   * `together` at a time.
   */
  fill(events: number, agents: number, together?: number): Promise<void>;
  /** Starts processors in a process of their own, with `flags` for Node; resolves when they are ready. */
  startProcessors(flags?: readonly string[]): Promise<ProcessorProcess>;
  /** What the raw events take in the database, bytes, with their indexes. */
  rawBytes(): Promise<number>;
  stop(): Promise<void>;
}

export interface ProcessorProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Resolves when every event that was put into the log is in a stored cut. */
  untilStored(): Promise<void>;
  stop(): Promise<void>;
}

export async function startProcessorRig(): Promise<ProcessorRig> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetbeat-bench-'));
  const logger = createLogger('bench', 'error');
  const servers = await startClusterServers({ dataDir: folder });
  const embedded = await startEmbeddedDatabase(folder, logger);
  const env = { ...servers.variables, DATABASE_URL: embedded.url, FLEETBEAT_DATA: folder, LOG_LEVEL: 'warn' };
  const database = openDatabase(embedded.url, logger);
  await migrate(database);
  const log = openEventLog(loadConfig(env), database, logger);
  await log.createTopics();
  let sent = 0;

  async function stored(): Promise<number> {
    const { rows } = await database.query<{ events: number }>(
      'select coalesce(sum(aggregated), 0)::int as events from cuts where stored_at is not null',
    );
    return rows[0]?.events ?? 0;
  }

  return {
    brokers: servers.variables.KAFKA_BROKERS,
    async fill(events, agents, together = 1) {
      const count = Math.max(FEWEST_BODIES, Math.ceil((agents * together) / EVENTS_PER_REQUEST));
      const bodies = Array.from({ length: count }, (_, number) => requestBody(number, EVENTS_PER_REQUEST, agents, together));
      await fill(log, sent, events, bodies);
      sent += events;
    },
    async startProcessors(flags = []) {
      const child = spawn(process.execPath, [...flags, join(import.meta.dirname, '../../infra/src/service.ts'), 'processors'], {
        env: { PATH: process.env['PATH'], ...env },
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      const { pid } = child;
      if (pid === undefined) throw new Error('the processors did not start');
      await new Promise<void>((resolve, reject) => {
        child.on('message', (message) => (message === READY_MESSAGE ? resolve() : undefined));
        child.once('exit', () => reject(new Error('the processors ended at their start')));
      });
      return {
        child,
        pid,
        async untilStored() {
          const deadline = Date.now() + GIVE_UP_MS;
          for (let events = 0; events < sent; events = await stored()) {
            if (child.exitCode !== null || Date.now() > deadline) throw new Error(`only ${events} of ${sent} events were stored`);
            await pause(100);
          }
        },
        async stop() {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const exited = once(child, 'exit');
          child.kill('SIGTERM');
          await exited;
        },
      };
    },
    async rawBytes() {
      const text = `select pg_total_relation_size('event_blocks')::float8 as bytes`;
      const { rows } = await database.query<{ bytes: number }>(text);
      return rows[0]?.bytes ?? Number.NaN;
    },
    async stop() {
      await log.close();
      await database.end();
      await embedded.stop();
      await servers.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function fill(log: EventLog, firstId: number, events: number, bodies: readonly RequestBody[]): Promise<void> {
  const partitions = await log.partitionCount('agent-events');
  const end = firstId + events;
  for (let next = firstId, turn = 0; next < end;) {
    const appends: Promise<void>[] = [];
    for (let request = 0; request < 100 && next < end; request++, turn++) {
      const body = bodies[turn % bodies.length];
      if (body === undefined) throw new Error('no body');
      body.renew(next, Date.now());
      next += body.count;
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
