import {
  FAMILIES,
  SETS,
  TIERS,
  windowStart,
  type Family,
  type PartialRow,
  type SetName,
  type Tier,
} from '@fleetbeat/contracts/aggregates.ts';
import pg from 'pg';
import type { Database, Transaction } from '../database/database.ts';
import { byteaArray, int2Array, int8Array, NO_INT8, textArray } from './pg-arrays.ts';
import { StoreRefused, StoreUnavailable, TooManyRows, type PartialQuery, type TimeSeriesStore } from './time-series.ts';

/** The time-series store as three tables of the database: see migrations/0002-partials.sql. */

const TABLES = { events: 'event_partials', gauges: 'gauge_partials', tasks: 'task_partials' } as const satisfies Record<
  Family,
  string
>;

/** In the column `seq` a row's version stands above its seq, so that the key need not grow: version * VERSION + seq. */
const VERSION = 2 ** 36;

/** Stands for null in an array of `sole_s`. */
const NOT_SOLE = -1;

/** Rows of one insert: a few megabytes. */
const WRITE_CHUNK = 5_000;
const MAX_LISTED_WINDOWS = 11_000;
/** Rows of one delete, so that none holds its locks for long. */
const EXPIRE_BATCH = 20_000;

export function createPostgresStore(database: Database): TimeSeriesStore & { readonly engine: 'postgres' } {
  return {
    engine: 'postgres',
    write: async (rows, transaction) => {
      if (transaction === null) throw new TypeError('rows of this store are written within a transaction');
      for (const [family, ofFamily] of byFamily(rows)) {
        for (let from = 0; from < ofFamily.length; from += WRITE_CHUNK) {
          await insert(transaction, family, ofFamily.slice(from, from + WRITE_CHUNK));
        }
      }
    },
    read: (query) => read(database, query),
    expire: async (tier, before) => {
      for (const set of Object.keys(SETS) as SetName[]) await expireSet(database, set, tier, before);
    },
    drop: async (version, from, to) => {
      for (let hour = windowStart(from, TIERS['1h']); hour < to; hour += TIERS['1h']) await dropOfHour(database, version, hour);
    },
    ping: async () => {
      await database.query('select 1 from event_partials limit 1').catch(fail);
    },
    close: () => Promise.resolve(),
  };
}

function byFamily(rows: readonly PartialRow[]): Map<Family, PartialRow[]> {
  const families = new Map<Family, PartialRow[]>();
  for (const row of rows) {
    const family = SETS[row.set];
    const list = families.get(family);
    if (list === undefined) families.set(family, [row]);
    else list.push(row);
  }
  return families;
}

interface Statements {
  readonly columns: readonly string[];
  readonly insert: string;
  /** Rows with their `start` (SQL) as the window. */
  readonly select: (start: string, sketches: boolean) => string;
}

const STATEMENTS: Readonly<Record<Family, Statements>> = {
  events: statementsOf('events'),
  gauges: statementsOf('gauges'),
  tasks: statementsOf('tasks'),
};

function statementsOf(family: Family): Statements {
  const table = TABLES[family];
  const columns = Object.keys(FAMILIES[family].columns);
  const bytes = [...(FAMILIES[family].sketch ? ['sketch'] : []), ...(FAMILIES[family].distinct ? ['distinct_sketch'] : [])];
  const place = ['tier_s', 'source', 'sole_s', 'set_name', 'key', 'window_start', 'seq'];
  const types = [
    'smallint',
    'smallint',
    'smallint',
    'text',
    'text',
    'bigint',
    'bigint',
    ...columns.map(() => 'bigint'),
    ...bytes.map(() => 'bytea'),
  ];
  const all = [...place, ...columns, ...bytes];
  const from = `unnest(${types.map((type, i) => `$${i + 1}::${type}[]`).join(', ')}) as given (${all.join(', ')})`;
  // A column of zeros is sent as an empty array, which unnest fills up with nulls.
  const given = place.map((column) => (column === 'sole_s' ? `nullif(sole_s, ${NOT_SOLE})` : column));
  const values = [...given, ...columns.map((column) => `coalesce(${column}, 0)`), ...bytes].join(', ');
  return {
    columns,
    insert: `insert into ${table} (${all.join(', ')}) select ${values} from ${from} on conflict do nothing`,
    // Most columns of most rows are 0; a null costs less on its way than a number.
    select: (start, sketches) =>
      `select key, ${start}, source, seq, ${columns.map((column) => `nullif(${column}, 0)`).join(', ')}` +
      `${sketches && bytes.length > 0 ? `, ${bytes.join(', ')}` : ''} from ${table}`,
  };
}

function soleOf({ sole, window }: PartialRow): number {
  return sole === undefined ? NOT_SOLE : (sole - window) / 1_000;
}

async function insert(transaction: Transaction, family: Family, rows: readonly PartialRow[]): Promise<void> {
  const { columns, insert: text } = STATEMENTS[family];
  const count = rows.length;
  const row = (index: number) => rows[index] as PartialRow;
  let values: Buffer[];
  try {
    values = [
      int2Array(count, (i) => TIERS[row(i).tier] / 1_000),
      int2Array(count, (i) => row(i).source),
      int2Array(count, (i) => soleOf(row(i))),
      textArray(count, (i) => row(i).set),
      textArray(count, (i) => row(i).key),
      int8Array(count, (i) => row(i).window),
      int8Array(count, (i) => (row(i).version ?? 0) * VERSION + row(i).seq),
      ...columns.map((_, column) =>
        rows.every((each) => each.values[column] === 0) ? NO_INT8 : int8Array(count, (i) => row(i).values[column] ?? NaN),
      ),
    ];
  } catch (error) {
    throw new StoreRefused(`a row cannot be stored: ${String(error)}`, { cause: error });
  }
  if (FAMILIES[family].sketch) values.push(byteaArray(count, (i) => row(i).sketch));
  if (FAMILIES[family].distinct) values.push(byteaArray(count, (i) => row(i).distinct));
  await transaction.query({ text, values }).catch(fail);
}

/** Sums may pass 2^53, where the pool's own parser refuses. */
const numbersAsTheyAre: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8
      ? Number
      : pg.types.getTypeParser(oid, format as 'text')) as pg.CustomTypesConfig['getTypeParser'],
};

async function read(database: Database, query: PartialQuery): Promise<PartialRow[]> {
  const family = SETS[query.set];
  const { columns, select } = STATEMENTS[family];
  const tierMs = TIERS[query.tier];
  const first = Math.ceil(query.from / tierMs) * tierMs;
  const end = Math.ceil(query.to / tierMs) * tierMs;
  if (end <= first || query.keys?.length === 0) return [];
  const parameters: unknown[] = [query.set, query.limit + 1];
  const given = (value: unknown) => `$${parameters.push(value)}`;
  const conditions = ['set_name = $1'];
  if (query.keys !== undefined) conditions.push(`key = any(${given(query.keys)}::text[])`);
  if (query.source !== undefined) conditions.push(`source = ${given(query.source)}`);
  const versions = query.tier === '1h' || query.versions?.inUse.length === 0 ? undefined : query.versions;
  // What a recompute that is under way has written so far must not count against the limit.
  conditions.push(
    versions === undefined
      ? `seq < ${VERSION}`
      : `(seq < ${VERSION} or seq / ${VERSION} = any(${given(versions.inUse)}::bigint[]))`,
  );
  /** Conditions on rows of a tier whose windows touch the range. */
  const touching = (tier: Tier): string => {
    const ms = TIERS[tier];
    const from = windowStart(first, ms);
    const windows = Math.ceil((end - from) / ms);
    const isListed = query.keys !== undefined && windows <= MAX_LISTED_WINDOWS;
    // Window by window the index leads to the keys; a range of windows would pass all the other keys too.
    const range = isListed
      ? `window_start = any(${given(int8Array(windows, (i) => from + i * ms))}::bigint[])`
      : `window_start >= ${given(from)} and window_start < ${given(end)}`;
    return [`tier_s = ${ms / 1_000}`, ...conditions, range].join(' and ');
  };
  let text = `${select('window_start', query.sketches)} where ${touching(query.tier)}`;
  if (query.tier === '10s') {
    const sole = `window_start + sole_s * 1000`;
    text += ` union all ${select(sole, query.sketches)} where ${touching('1m')}
      and sole_s is not null and ${sole} >= ${given(first)}::bigint and ${sole} < ${given(end)}::bigint`;
  }
  text += ' limit $2';
  const { rows } = await database
    .query<unknown[]>({ text, values: parameters, rowMode: 'array', types: numbersAsTheyAre })
    .catch(fail);
  if (rows.length > query.limit) throw new TooManyRows(`more than ${query.limit} rows of ${query.set} match`);
  const sketchAt = query.sketches && FAMILIES[family].sketch ? 4 + columns.length : -1;
  const distinctAt = query.sketches && FAMILIES[family].distinct ? 5 + columns.length : -1;
  const read = rows.map((fields) => {
    const values = new Float64Array(columns.length);
    const seq = fields[3] as number;
    for (let i = 0; i < columns.length; i++) values[i] = (fields[4 + i] as number | null) ?? 0;
    return {
      set: query.set,
      key: fields[0] as string,
      tier: query.tier,
      window: fields[1] as number,
      source: fields[2] as number,
      seq: seq % VERSION,
      version: seq < VERSION ? undefined : Math.floor(seq / VERSION),
      values,
      sketch: sketchAt < 0 ? null : (fields[sketchAt] as Uint8Array | null),
      distinct: distinctAt < 0 ? null : (fields[distinctAt] as Uint8Array | null),
    };
  });
  return versions === undefined ? read : read.filter((row) => versions.counts(row));
}

/** Deletes the 1 h rows of a source's hour that are older than `version`: no reader asks for them any more. */
export async function deleteOldVersions(transaction: Transaction, source: number, hour: number, version: number): Promise<void> {
  for (const table of Object.values(TABLES)) {
    await transaction
      .query(
        `delete from ${table}
         where tier_s = $1 and set_name = any($2) and window_start = $3 and source = $4 and seq < $5`,
        [TIERS['1h'] / 1_000, Object.keys(SETS), hour, source, version],
      )
      .catch(fail);
  }
}

/** Of version 0 only those go that another version stands for. */
async function dropOfHour(database: Database, version: number, hour: number): Promise<void> {
  for (const table of Object.values(TABLES)) {
    for (const tier of ['10s', '1m'] as const) {
      const ofVersion =
        version > 0
          ? `seq >= ${version * VERSION} and seq < ${(version + 1) * VERSION}`
          : `seq <= (select through_seq from hour_versions v where v.source = ${table}.source and v.hour = $3)`;
      await database
        .query(
          `delete from ${table} where tier_s = $1 and set_name = any($2) and window_start >= $3 and window_start < $3 + ${TIERS['1h']}
             and ${ofVersion}`,
          [TIERS[tier] / 1_000, Object.keys(SETS), hour],
        )
        .catch(fail);
    }
  }
}

async function expireSet(database: Database, set: SetName, tier: Tier, before: number): Promise<void> {
  const table = TABLES[SETS[set]];
  for (;;) {
    const { rowCount } = await database
      .query(
        `delete from ${table} where ctid = any(array(
           select ctid from ${table} where tier_s = $1 and set_name = $2 and window_start < $3
           order by window_start limit $4))`,
        [TIERS[tier] / 1_000, set, before, EXPIRE_BATCH],
      )
      .catch(fail);
    if ((rowCount ?? 0) < EXPIRE_BATCH) return;
  }
}

/** Data that Postgres will refuse again is told from everything else by its SQLSTATE class. */
function fail(error: unknown): never {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : String(error);
  if (/^(22|23|42)/.test(code)) throw new StoreRefused(message, { cause: error });
  throw new StoreUnavailable(message, { cause: error });
}
