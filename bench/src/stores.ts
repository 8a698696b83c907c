import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import { inTransaction, type Database } from '@fleetbeat/infra/database/database.ts';
import { startEmbeddedDatabase } from '@fleetbeat/infra/database/embedded.ts';
import { migrate } from '@fleetbeat/infra/database/migrate.ts';
import { openDatabase } from '@fleetbeat/infra/database/open.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { createInfluxStore } from '@fleetbeat/infra/time-series/influx.ts';
import { lineOf } from '@fleetbeat/infra/time-series/line-protocol.ts';
import { createPostgresStore } from '@fleetbeat/infra/time-series/postgres.ts';
import { rowsOf } from '@fleetbeat/infra/time-series/testing-events.ts';
import { startInfluxdb } from '../../infra/native/influxdb.ts';

const CUTS = 20;
const KEYS = 2_500;
const EVENTS_PER_KEY = 4;
const ROWS = CUTS * KEYS * 2;
const START = Date.UTC(2026, 0, 1);

/**
 * Rows a second that the stores' adapters write, cut by cut, against what their servers take of the very same rows where
 * nobody has to make them: InfluxDB prepared line protocol by plain HTTP, Postgres a binary COPY that it has itself given
 * out. The turns are taken cut by cut, so that both meet the same moods of the machine.
 */
export async function benchStores(): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetbeat-bench-'));
  const cuts = Array.from({ length: CUTS }, (_, seq) => rowsOfCut(seq));
  try {
    return { ...(await benchPostgres(folder, cuts)), ...(await benchInfluxdb(folder, cuts)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function rowsOfCut(seq: number): PartialRow[] {
  const ts = START + seq * 10_000;
  const events = Array.from({ length: KEYS * EVENTS_PER_KEY }, (_, n) => ({
    ...{ key: `agent-${n % KEYS}`, ts, us: 200_000 + ((n * 7_919) % 4_000_000), user: n % 600 },
  }));
  return rowsOf(events, 1, seq);
}

async function benchPostgres(folder: string, cuts: readonly (readonly PartialRow[])[]): Promise<Record<string, number>> {
  const logger = createLogger('bench', 'error');
  const server = await startEmbeddedDatabase(folder, logger);
  const database = openDatabase(server.url, logger);
  try {
    await migrate(database);
    await database.query('create table bare_partials (like event_partials including all)');
    const store = createPostgresStore(database);
    let [adapter, bare] = [0, 0];
    for (const [seq, rows] of cuts.entries()) {
      adapter += await secondsOf(() => inTransaction(database, (transaction) => store.write(rows, transaction)));
      const bytes = await copyOfCut(database, seq);
      bare += await secondsOf(() => copyIn(database, bytes));
    }
    const { rows } = await database.query<{ stored: number }>('select count(*)::int as stored from bare_partials');
    if (rows[0]?.stored !== ROWS) throw new Error(`Postgres took ${rows[0]?.stored} rows of ${ROWS}`);
    return figuresOf('postgres', adapter, bare);
  } finally {
    await database.end();
    await server.stop();
  }
}

async function copyOfCut(database: Database, seq: number): Promise<Buffer> {
  const client = await database.connect();
  try {
    const select = `select * from event_partials where seq = ${seq}`;
    return await buffer(client.query(copyTo(`copy (${select}) to stdout (format binary)`)));
  } finally {
    client.release();
  }
}

async function copyIn(database: Database, bytes: Buffer): Promise<void> {
  const client = await database.connect();
  try {
    await pipeline(Readable.from([bytes]), client.query(copyFrom('copy bare_partials from stdin (format binary)')));
  } finally {
    client.release();
  }
}

async function benchInfluxdb(folder: string, cuts: readonly (readonly PartialRow[])[]): Promise<Record<string, number>> {
  const server = await startInfluxdb({ dataDir: join(folder, 'influxdb') });
  try {
    const { url } = server;
    await fetch(`${url}/query`, { method: 'POST', body: new URLSearchParams({ q: 'CREATE DATABASE bare' }) });
    const store = createInfluxStore(
      { url, token: undefined, org: undefined, bucket: server.bucket },
      createLogger('bench', 'error'),
    );
    // This store has no use for a transaction.
    const none = undefined as never;
    let [adapter, bare] = [0, 0];
    for (const rows of cuts) {
      const body = rows.map(lineOf).join('\n');
      adapter += await secondsOf(() => store.write(rows, none));
      bare += await secondsOf(async () => {
        const answer = await fetch(`${url}/write?db=bare&precision=ns`, { method: 'POST', body });
        if (answer.status !== 204) throw new Error(`InfluxDB answered ${answer.status}: ${await answer.text()}`);
      });
    }
    return figuresOf('influxdb', adapter, bare);
  } finally {
    await server.stop();
  }
}

function figuresOf(engine: string, adapterSeconds: number, bareSeconds: number): Record<string, number> {
  return {
    [`store_${engine}_rows_per_s`]: ROWS / adapterSeconds,
    [`store_${engine}_bare_rows_per_s`]: ROWS / bareSeconds,
    [`store_${engine}_ratio`]: bareSeconds / adapterSeconds,
  };
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}
