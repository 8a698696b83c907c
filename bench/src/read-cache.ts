import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TIERS, windowStart } from '@fleetbeat/contracts/aggregates.ts';
import { inTransaction, type Database } from '@fleetbeat/infra/database/database.ts';
import { startEmbeddedDatabase } from '@fleetbeat/infra/database/embedded.ts';
import { migrate } from '@fleetbeat/infra/database/migrate.ts';
import { openDatabase } from '@fleetbeat/infra/database/open.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { createPostgresStore } from '@fleetbeat/infra/time-series/postgres.ts';
import { readWindows } from '@fleetbeat/infra/time-series/read-windows.ts';
import { rowsOf } from '@fleetbeat/infra/time-series/testing-events.ts';
import { createWindowCache } from '@fleetbeat/infra/time-series/window-cache.ts';

const SOURCES = 4;
const HOURS = 24;
const CUT_MS = 10_000;
const STEP_MS = 300_000;
const ASKED = 15;
const KEY = 'all';

/**
 * A day at five minutes, with quantiles and users, of one key that four partitions have cut every ten seconds: how long it takes
 * where all is read from Postgres, and where the hours that are over are known. The turns are taken one after the other.
 */
export async function benchReadCache(): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetbeat-bench-'));
  const logger = createLogger('bench', 'error');
  const server = await startEmbeddedDatabase(folder, logger);
  const database = openDatabase(server.url, logger);
  try {
    await migrate(database);
    const store = createPostgresStore(database);
    const to = windowStart(Date.now(), TIERS['1h']) - TIERS['1h'];
    const from = to - HOURS * TIERS['1h'];
    for (let source = 1; source <= SOURCES; source++) await fill(database, store, source, from, to);
    await database.query('analyze');

    const cache = createWindowCache(2 ** 26);
    const question = { set: 'agent', keys: [KEY], from, to, stepMs: STEP_MS, sketches: true } as const;
    const ask = async (cached: boolean): Promise<number> => {
      const begun = performance.now();
      const { byKey } = await readWindows({ store, database, cache: cached ? cache : undefined }, question);
      if (byKey.get(KEY)?.size !== (to - from) / STEP_MS) throw new Error('windows are missing');
      return performance.now() - begun;
    };
    await ask(true);
    const [read, known]: [number[], number[]] = [[], []];
    for (let turn = 0; turn < ASKED; turn++) {
      read.push(await ask(false));
      known.push(await ask(true));
    }
    const [readMs, knownMs] = [median(read), median(known)];
    return { read_cache_day_ms: knownMs, read_cache_day_uncached_ms: readMs, read_cache_ratio: knownMs / readMs };
  } finally {
    await database.end();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Store = ReturnType<typeof createPostgresStore>;

/** As stored by a processor: a cut every ten seconds, each with some events of the key. */
async function fill(database: Database, store: Store, source: number, from: number, to: number): Promise<void> {
  const cuts = (to - from) / CUT_MS;
  await inTransaction(database, async (transaction) => {
    await transaction.query(
      `insert into sources (id, topic, partition) overriding system value values ($1::smallint, 'agent-events', $1::int)`,
      [source],
    );
    await transaction.query(
      `insert into cuts (source, seq, first_offset, end_offset, records, read, aggregated, duplicate, dead, late,
                         first_append_ms, last_append_ms, hours, owner, stored_at)
       select $1::smallint, n, n, n + 1, 1, 0, 0, 0, 0, 0, $2::bigint + n * $3::bigint, $2::bigint + n * $3::bigint, '{}', 'bench', now()
       from generate_series(0, $4::int - 1) n`,
      [source, from, CUT_MS, cuts],
    );
    await transaction.query(
      `insert into compacted_hours (source, hour, touched)
       select $1::smallint, hour, $4::int from generate_series($2::bigint, $3::bigint - 1, 3600000) hour`,
      [source, from, to, TIERS['1h'] / CUT_MS],
    );
    for (let seq = 0; seq < cuts; seq += 500) {
      const rows = Array.from({ length: Math.min(500, cuts - seq) }, (_, n) => {
        const ts = from + (seq + n) * CUT_MS;
        const events = Array.from({ length: 20 }, (_event, i) => ({
          ...{
            key: KEY,
            ts: ts + i * 100,
            us: 200_000 + ((((seq + n) * 20 + i) * 7_919) % 4_000_000),
            user: (seq * 31 + i) % 600,
          },
        }));
        return rowsOf(events, source, seq + n);
      });
      await store.write(rows.flat(), transaction);
    }
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
