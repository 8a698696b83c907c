import { TIERS, windowStart, type PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import { randomBytes } from 'node:crypto';
import { inTransaction, type Database } from '../database/database.ts';
import { createLogger } from '../logger.ts';
import { freshDatabase, influxServer } from '../testing/servers.ts';
import { createInfluxStore } from './influx.ts';
import { createPostgresStore } from './postgres.ts';
import { rowsOf, type TestEvent } from './testing-events.ts';
import type { TimeSeriesStore } from './time-series.ts';

/** For tests: both stores on their real servers, and sources whose cuts are stored step by step. */

export const TEST_ENGINES = [
  { engine: 'postgres', absent: false },
  { engine: 'influxdb', absent: influxServer() === null },
] as const;

export interface TestStore {
  readonly database: Database;
  readonly store: TimeSeriesStore;
  drop(): Promise<void>;
}

/** A store of its own for one test file. An InfluxDB 2.x has its bucket given and shares it. */
export async function openTestStore(engine: TimeSeriesStore['engine']): Promise<TestStore> {
  const fresh = await freshDatabase();
  const { database } = fresh;
  const influx = influxServer();
  if (engine === 'postgres' || influx === null)
    return { database, store: createPostgresStore(database), drop: () => fresh.drop() };
  const { url, token, org } = influx;
  const bucket = org === undefined ? `test_${randomBytes(6).toString('hex')}` : (influx.bucket ?? 'fleetbeat');
  return {
    database,
    store: createInfluxStore({ url, token, org, bucket }, createLogger('test', 'silent')),
    drop: async () => {
      await fresh.drop();
      if (org !== undefined) return;
      await fetch(`${url}/query`, { method: 'POST', body: new URLSearchParams({ q: `DROP DATABASE "${bucket}"` }) });
    },
  };
}

/** One partition of a topic, cut as the processors do it: claim, write, then mark together with the hours. */
export async function newSource({ database, store }: TestStore) {
  const { rows } = await database.query<{ id: number }>(
    `insert into sources (topic, partition) values (gen_random_uuid()::text, 0) returning id`,
  );
  const source = rows[0]?.id ?? NaN;
  let next = 0;
  const claim = async (seq: number) => {
    await database.query(
      `insert into cuts (source, seq, first_offset, end_offset, records, read, aggregated, duplicate, dead, late,
                         first_append_ms, last_append_ms, hours, owner)
       values ($1, $2::bigint, $2::bigint, $2::bigint + 1, 1, 0, 0, 0, 0, 0, 0, 0, '{}', 'test')`,
      [source, seq],
    );
  };
  const write = (rowsOfCut: readonly PartialRow[]) =>
    inTransaction(database, (transaction) => store.write(rowsOfCut, transaction));
  const mark = (seq: number, events: readonly TestEvent[]) =>
    inTransaction(database, async (transaction) => {
      await transaction.query('update cuts set stored_at = clock_timestamp() where source = $1 and seq = $2', [source, seq]);
      await transaction.query(
        `insert into compacted_hours as c (source, hour, touched) select $1, hour, 1 from unnest($2::bigint[]) as hour
         on conflict (source, hour) do update set touched = c.touched + 1`,
        [source, [...new Set(events.map(({ ts }) => windowStart(ts, TIERS['1h'])))]],
      );
    });
  return {
    source,
    claim,
    write,
    mark,
    /** Stores the next cut. */
    async cut(events: readonly TestEvent[]) {
      const seq = next++;
      await claim(seq);
      await write(rowsOf(events, source, seq));
      await mark(seq, events);
    },
    /** What the processor would say of a cut that is still open. */
    open: (events: readonly TestEvent[], seq = next) => rowsOf(events, source, seq).filter(({ tier }) => tier === '10s'),
  };
}

/** A store that does something else each time, just before it reads. */
export function doing(store: TimeSeriesStore, first: () => Promise<unknown>): TimeSeriesStore {
  let done = false;
  return {
    ...store,
    read: async (query) => {
      // What is done may itself read.
      if (!done) {
        done = true;
        await first().finally(() => (done = false));
      }
      return await store.read(query);
    },
  };
}
