import { SETS, type Family, type PartialRow, type SetName, type Tier } from '@fleetbeat/contracts/aggregates.ts';
import type { InfluxConfig } from '../config.ts';
import { limited } from '../limited.ts';
import type { Logger } from '../logger.ts';
import { createInfluxClient, type InfluxClient } from './influx-client.ts';
import { addRows, isCutOff, statementFor } from './influx-query.ts';
import { lineOf, MEASUREMENTS, quote, recomputedMeasurement } from './line-protocol.ts';
import { RequestSize } from './request-size.ts';
import { StoreRefused, StoreUnavailable, TooManyRows, type PartialQuery, type TimeSeriesStore } from './time-series.ts';

/**
 * The time-series store in InfluxDB 1.x (checked with 1.6) or 2.x. On 1.x the database is created when it
 * is missing. On 2.x the bucket must exist and be readable by InfluxQL under its own name (a DBRP mapping,
 * which 2.x makes by itself for a bucket of the same name). The retention of both must be at least that of
 * the 1 h tier; the shorter tiers are deleted by `expire`.
 */

/** Of one request: servers take 25 MB by default. */
const WRITE_BYTES = 4_000_000;
/** Requests of this process that write at a time: a slow server gets no more to do than it can. */
const WRITES_AT_ONCE = 2;
/** Keys of one statement. */
const READ_KEYS = 250;
/** A delete is done a day at a time, so that none runs long. */
const EXPIRE_MS = 24 * 3_600_000;
const EXPIRE_TIMEOUT_MS = 120_000;

export function createInfluxStore(config: InfluxConfig, logger: Logger): TimeSeriesStore & { readonly engine: 'influxdb' } {
  const client = createInfluxClient(config);
  const size = new RequestSize();
  const inTurn = limited(WRITES_AT_ONCE);
  let database: Promise<void> | undefined;
  /** Creates the database of a 1.x server once; again after it has gone away. */
  const withDatabase = async <T>(work: () => Promise<T>): Promise<T> => {
    if (config.org !== undefined) return work();
    database ??= createDatabase(client, config.bucket);
    try {
      await database;
      return await work();
    } catch (error) {
      if (error instanceof StoreUnavailable) database = undefined;
      throw error;
    }
  };
  return {
    engine: 'influxdb',
    write: (rows) => withDatabase(() => write(rows, size, (lines) => inTurn(() => send(client, lines, size, logger)))),
    read: (query) => withDatabase(() => read(client, query)),
    expire: (tier, before) => withDatabase(() => expire(client, tier, before)),
    drop: (version, from, to) => withDatabase(() => drop(client, version, from, to)),
    ping: () => withDatabase(() => run(client, `SELECT "seq" FROM "${MEASUREMENTS.events}" LIMIT 1`)),
    close: () => Promise.resolve(),
  };
}

async function createDatabase(client: InfluxClient, name: string): Promise<void> {
  await run(client, `CREATE DATABASE "${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
}

/** Runs a statement whose rows do not matter. */
async function run(client: InfluxClient, statement: string, timeoutMs?: number): Promise<void> {
  await client.query(
    statement,
    ({ error, results }) => {
      const failure = error ?? results?.find((result) => result.error !== undefined)?.error;
      if (failure !== undefined) throw new StoreUnavailable(`InfluxDB answers: ${failure}`);
    },
    timeoutMs,
  );
}

async function write(
  rows: readonly PartialRow[],
  size: RequestSize,
  send: (lines: readonly string[]) => Promise<void>,
): Promise<void> {
  let lines: string[] = [];
  let bytes = 0;
  for (const row of rows) {
    const line = lineOrRefusal(row);
    lines.push(line);
    bytes += line.length;
    if (lines.length < size.lines && bytes < WRITE_BYTES) continue;
    await send(lines);
    lines = [];
    bytes = 0;
  }
  if (lines.length > 0) await send(lines);
}

async function send(client: InfluxClient, lines: readonly string[], size: RequestSize, logger: Logger): Promise<void> {
  const start = performance.now();
  try {
    await client.write(lines);
  } catch (error) {
    // What is older than the retention would be gone at once; the server has stored all the rest.
    if (!(error instanceof StoreRefused && /retention policy/i.test(error.message))) throw error;
    logger.warn({ err: error }, 'InfluxDB dropped rows that are older than its retention: is it shorter than RETENTION_1H?');
  } finally {
    size.took(lines.length, performance.now() - start);
  }
}

function lineOrRefusal(row: PartialRow): string {
  try {
    return lineOf(row);
  } catch (error) {
    throw new StoreRefused(`a row cannot be stored: ${String(error)}`, { cause: error });
  }
}

async function read(client: InfluxClient, query: PartialQuery): Promise<PartialRow[]> {
  if (query.to <= query.from) return [];
  const rows: PartialRow[] = [];
  const inUse = query.tier === '1h' ? [] : (query.versions?.inUse ?? []);
  const statements = chunksOf(query.keys).flatMap((keys) => [
    statementFor(query, keys),
    ...(inUse.length === 0 ? [] : [statementFor(query, keys, inUse)]),
  ]);
  for (const statement of statements) {
    let cutOff = false;
    await client.query(statement, (answer) => {
      try {
        addRows(answer, query, rows);
      } catch (error) {
        throw failureOf(error);
      }
      cutOff = isCutOff(answer);
      if (rows.length > query.limit) throw new TooManyRows(`more than ${query.limit} rows of ${query.set} match`);
    });
    if (cutOff) throw new TooManyRows(`InfluxDB cut the rows of ${query.set} off at a limit of its own (max-row-limit)`);
  }
  return rows;
}

function chunksOf(keys: readonly string[] | undefined): (readonly string[] | undefined)[] {
  if (keys === undefined) return [undefined];
  const unique = [...new Set(keys)];
  const chunks: string[][] = [];
  for (let from = 0; from < unique.length; from += READ_KEYS) chunks.push(unique.slice(from, from + READ_KEYS));
  return chunks;
}

/** A limit of the server's (max-select-point and its like) will be hit again; anything else is worth a retry. */
function failureOf(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  if (/max-select|limit exceeded/i.test(message)) return new TooManyRows(`InfluxDB answers: ${message}`, { cause: error });
  if (/error parsing query|invalid/i.test(message)) return new StoreRefused(`InfluxDB answers: ${message}`, { cause: error });
  return new StoreUnavailable(`InfluxDB answers: ${message}`, { cause: error });
}

async function expire(client: InfluxClient, tier: Tier, before: number): Promise<void> {
  for (const family of families()) {
    await deleteBefore(client, MEASUREMENTS[family], `"tier" = ${quote(tier)}`, before);
    if (tier !== '1h') await deleteBefore(client, recomputedMeasurement(family), `"tier" = ${quote(tier)}`, before);
  }
}

async function drop(client: InfluxClient, version: number, from: number, to: number): Promise<void> {
  if (version === 0) return;
  const ofVersion = `"version" = ${quote(String(version))} AND time >= ${from}ms`;
  for (const family of families()) await deleteBefore(client, recomputedMeasurement(family), ofVersion, to);
}

function families(): Set<Family> {
  return new Set(Object.keys(SETS).map((set) => SETS[set as SetName]));
}

/** Deletes the points that match and are older than `before`. */
async function deleteBefore(client: InfluxClient, name: string, matching: string, before: number): Promise<void> {
  const measurement = `"${name}"`;
  let from = await oldest(client, `SELECT FIRST("seq") FROM ${measurement} WHERE ${matching} AND time < ${before}ms`);
  while (from !== undefined && from < before) {
    const to = Math.min(before, (Math.floor(from / EXPIRE_MS) + 1) * EXPIRE_MS);
    await run(client, `DELETE FROM ${measurement} WHERE ${matching} AND time >= ${from}ms AND time < ${to}ms`, EXPIRE_TIMEOUT_MS);
    from = to;
  }
}

async function oldest(client: InfluxClient, statement: string): Promise<number | undefined> {
  let time: number | undefined;
  await client.query(statement, ({ error, results }) => {
    const failure = error ?? results?.[0]?.error;
    if (failure !== undefined) throw new StoreUnavailable(`InfluxDB answers: ${failure}`);
    const found = results?.[0]?.series?.[0]?.values[0]?.[0];
    if (typeof found === 'number') time = found;
  });
  return time;
}
