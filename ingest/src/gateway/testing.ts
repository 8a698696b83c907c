import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import type pg from 'pg';
import { DEFAULT_PARTITIONS, type Topic } from '@fleetbeat/contracts/events.ts';
import { loadConfig } from '@fleetbeat/infra/config.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import { LogUnavailable, type NewRecord } from '@fleetbeat/infra/event-log/event-log.ts';
import { createLifecycle } from '@fleetbeat/infra/lifecycle.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { createMetrics } from '@fleetbeat/infra/metrics.ts';
import type { WritableLog } from './guarded-log.ts';
import { startGateway } from './main.ts';

/** A log for tests that misbehaves on command; real logs have tests of their own. */
export class ScriptedLog implements WritableLog {
  readonly engine = 'postgres';
  /** `hang` leaves appends open until `release`. */
  mode: 'take' | 'away' | 'hang' | 'broken' = 'take';
  readonly records: NewRecord[] = [];
  #held: (() => void)[] = [];

  createTopics(): Promise<void> {
    return this.mode === 'away' ? Promise.reject(new LogUnavailable('away')) : Promise.resolve();
  }

  partitionCount(topic: Topic): Promise<number> {
    return Promise.resolve(DEFAULT_PARTITIONS[topic]);
  }

  async append(records: readonly NewRecord[]): Promise<void> {
    const isTick = records.every((record) => record.tick === true);
    if (this.mode === 'away') throw new LogUnavailable('away');
    if (this.mode === 'broken' && !isTick) throw new TypeError('a bug');
    if (this.mode === 'hang' && !isTick) await new Promise<void>((resolve) => this.#held.push(resolve));
    this.records.push(...records);
  }

  get hanging(): number {
    return this.#held.length;
  }

  release(): void {
    this.mode = 'take';
    for (const go of this.#held.splice(0)) go();
  }

  /** The events of all records, one text each. */
  events(): string[] {
    return this.records.flatMap((record) => (record.tick === true ? [] : Buffer.from(record.value).toString().split('\n')));
  }
}

export interface TestGateway {
  readonly url: string;
  /** The value of a metric, 0 where it is not there; `line` is its name with labels as in the text format. */
  metric(line: string): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a gateway on a port of its own. */
export async function startTestGateway(
  eventLog: WritableLog,
  options: { database?: Database | undefined; env?: NodeJS.ProcessEnv | undefined } = {},
): Promise<TestGateway> {
  const logger = createLogger('gateway-test', 'silent');
  const lifecycle = createLifecycle(logger);
  const metrics = createMetrics('gateway');
  const config = loadConfig({ FLEETBEAT_SECRET: 'a secret of a test'.replaceAll(' ', '-'), ...options.env, INGEST_PORT: '0' });
  const database = options.database ?? keylessDatabase();
  const { url } = await startGateway({ config, logger, lifecycle, metrics, database, eventLog });
  return {
    url,
    stop: () => lifecycle.stop('end of test'),
    async metric(line) {
      const [name = '', labels] = line.replace('}', '').split('{');
      const wanted = labels?.split(',').map((label) => label.trim()) ?? [];
      const text = await metrics.registry.metrics();
      const found = text.split('\n').find((row) => row.startsWith(`${name}{`) && wanted.every((label) => row.includes(label)));
      return found === undefined ? 0 : Number(found.slice(found.lastIndexOf(' ') + 1));
    },
  };
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

/** A request to a gateway; JSON unless `headers` say otherwise. */
export interface Sending {
  method?: string;
  path?: string;
  headers?: OutgoingHttpHeaders;
  /** A body in pieces goes out chunked. */
  body?: string | Buffer | Buffer[];
  localAddress?: string;
}

/** Sends over a connection of its own. */
export function sendTo(
  url: string,
  { method = 'POST', path = '/v1/events', headers = {}, body, localAddress }: Sending,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const json = { 'content-type': 'application/json' };
    const options = { method, headers: { ...json, ...headers }, localAddress, agent: false };
    const outgoing = httpRequest(`${url}${path}`, options, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const parsed = incoming.headers['content-type']?.includes('json') === true ? (JSON.parse(text) as object) : { text };
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: { ...parsed } });
      });
    });
    outgoing.on('error', reject);
    if (Array.isArray(body)) {
      for (const piece of body) outgoing.write(piece);
      outgoing.end();
    } else outgoing.end(body);
  });
}

/** A valid event, with these changes. */
export function event(changes: object = {}): object {
  return { id: 'e1', ts: Date.now(), agent_id: 'a1', message_type: 'agent_response', ...changes };
}

/** A database that knows no key. */
function keylessDatabase(): Database {
  const query = () => Promise.resolve({ rows: [] as unknown[], rowCount: 0 });
  return { query } as unknown as pg.Pool;
}
