import { FAMILIES, SETS, TIERS, type PartialRow, type Tier } from '@fleetbeat/contracts/aggregates.ts';
import { COLUMN_NAMES, decodeKey, encodeKey, MEASUREMENTS, quote, recomputedMeasurement, SOLE_FROM_MS } from './line-protocol.ts';
import type { PartialQuery } from './time-series.ts';

/** InfluxQL for a `PartialQuery`, and its answer as rows. */

/** What `/query` answers; with `chunked=true` many such documents, one a line. */
export interface QueryAnswer {
  readonly error?: string;
  readonly results?: readonly { readonly error?: string; readonly series?: readonly Series[] }[];
}

interface Series {
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly unknown[])[];
  /** The server cut this series off, or goes on with it in the next document. */
  readonly partial?: boolean;
}

/**
 * The statement for what cuts have written; with `versions`, for what those recomputes have. Answers come with times in
 * milliseconds, so that `seq` alone tells the rows of one millisecond apart.
 */
export function statementFor(query: PartialQuery, keys: readonly string[] | undefined, versions?: readonly number[]): string {
  const family = SETS[query.set];
  const { sketch, distinct } = FAMILIES[family];
  const fields = ['seq', ...COLUMN_NAMES[family]];
  if (query.sketches && sketch) fields.push('sketch');
  if (query.sketches && distinct) fields.push('distinct_sketch');
  const conditions = [
    `"set" = ${quote(query.set)}`,
    query.tier === '10s' ? `("tier" = '10s' OR "tier" = '1m')` : `"tier" = ${quote(query.tier)}`,
    // Points lie anywhere in their windows.
    `time >= ${upToWindow(query.from, query.tier)}ms`,
    `time < ${upToWindow(query.to, query.tier)}ms`,
  ];
  if (query.source !== undefined) conditions.push(`"source" = ${quote(String(query.source))}`);
  if (keys !== undefined) conditions.push(`(${keys.map((key) => `"key" = ${quote(encodeKey(key))}`).join(' OR ')})`);
  if (versions !== undefined) {
    conditions.push(`(${versions.map((version) => `"version" = ${quote(String(version))}`).join(' OR ')})`);
  }
  const selected = fields.map((field) => `"${field}"`).join(', ');
  const measurement = versions === undefined ? MEASUREMENTS[family] : recomputedMeasurement(family);
  const groups = ['key', 'source', ...(query.tier === '10s' ? ['tier'] : []), ...(versions === undefined ? [] : ['version'])];
  const grouped = groups.map((tag) => `"${tag}"`).join(', ');
  return `SELECT ${selected} FROM "${measurement}" WHERE ${conditions.join(' AND ')} GROUP BY ${grouped}`;
}

function upToWindow(time: number, tier: Tier): number {
  return Math.ceil(time / TIERS[tier]) * TIERS[tier];
}

/** The rows of one document that count, appended to `rows`. Throws an `Error` in the server's words where it tells of a failure. */
export function addRows(answer: QueryAnswer, query: PartialQuery, rows: PartialRow[]): void {
  if (answer.error !== undefined) throw new Error(answer.error);
  for (const result of answer.results ?? []) {
    if (result.error !== undefined) throw new Error(result.error);
    for (const series of result.series ?? []) addSeries(series, query, rows);
  }
}

function addSeries({ tags, columns, values: points }: Series, query: PartialQuery, rows: PartialRow[]): void {
  const { set, tier } = query;
  const versions = tier === '1h' || query.versions?.inUse.length === 0 ? undefined : query.versions;
  const tierMs = TIERS[tier];
  const names = COLUMN_NAMES[SETS[set]];
  const key = decodeKey(tags?.['key'] ?? '');
  const source = Number(tags?.['source']);
  const version = tags?.['version'] === undefined ? undefined : Number(tags['version']);
  const timeAt = columns.indexOf('time');
  const seqAt = columns.indexOf('seq');
  const firstAt = columns.indexOf(names[0] as string);
  const sketchAt = columns.indexOf('sketch');
  const distinctAt = columns.indexOf('distinct_sketch');
  /** 1 m rows among those of 10 s: only some stand for both. */
  const soleOnly = tier === '10s' && tags?.['tier'] === '1m';
  for (const point of points) {
    const time = point[timeAt] as number;
    const window = Math.floor(time / tierMs) * tierMs;
    if (soleOnly && time - window < SOLE_FROM_MS) continue;
    const seq = point[seqAt] as number | null;
    // The fields of a point that is being written can be read one by one: its cut is not stored, whatever is there of it.
    if (seq === null) continue;
    if (versions?.counts({ source, window, seq, version }) === false) continue;
    const values = new Float64Array(names.length);
    // Columns come in the order in which they were asked for.
    for (let i = 0; i < names.length; i++) values[i] = (point[firstAt + i] as number | null) ?? 0;
    rows.push({
      set,
      key,
      tier,
      window,
      source,
      seq,
      version,
      values,
      sketch: bytesAt(point, sketchAt),
      distinct: bytesAt(point, distinctAt),
    });
  }
}

function bytesAt(point: readonly unknown[], index: number): Uint8Array | null {
  const text = index < 0 ? null : point[index];
  return typeof text === 'string' ? Buffer.from(text, 'base64') : null;
}

/** Whether the last series of an answer was cut off by a limit of the server's own (`max-row-limit`). */
export function isCutOff(answer: QueryAnswer): boolean {
  return answer.results?.at(-1)?.series?.at(-1)?.partial === true;
}
