import { FAMILIES, SETS, TIERS, type Family, type PartialRow } from '@fleetbeat/contracts/aggregates.ts';

/** Rows of the time-series store as InfluxDB's line protocol, and the way back from its names and times. */

export const MEASUREMENTS = {
  events: 'event_partials',
  gauges: 'gauge_partials',
  tasks: 'task_partials',
} as const satisfies Record<Family, string>;

/** Where the rows of recomputes are, apart from the cuts' own: their tag `version` would cost every other read. */
export function recomputedMeasurement(family: Family): string {
  return `${MEASUREMENTS[family]}_recomputed`;
}

/**
 * One point: measurement by family; tags set, key, tier, source; columns that are not 0, `seq` and the
 * sketches (base64) as fields. Zeros are left out because each field costs the server more than all of ours
 * cost us; a row never changes, so a field that is missing can only mean 0. Throws a `RangeError` for
 * values that are no integers.
 */
export function lineOf(row: PartialRow): string {
  const family = SETS[row.set];
  const version = row.version ?? 0;
  const measurement = version > 0 ? recomputedMeasurement(family) : MEASUREMENTS[family];
  let line = `${measurement},key=${escapeTag(encodeKey(row.key))},set=${row.set},source=${row.source},tier=${row.tier}`;
  if (version > 0) line += `,version=${version}`;
  line += ` seq=${row.seq}i`;
  const columns = COLUMN_NAMES[family];
  for (let i = 0; i < columns.length; i++) {
    const value = row.values[i] as number;
    if (value !== 0) line += `,${columns[i]}=${integer(value)}i`;
  }
  if (row.sketch !== null) line += `,sketch="${base64(row.sketch)}"`;
  if (row.distinct !== null) line += `,distinct_sketch="${base64(row.distinct)}"`;
  return `${line} ${timestamp(row)}`;
}

/** The columns of each family in the order of a row's values. */
export const COLUMN_NAMES: Readonly<Record<Family, readonly string[]>> = {
  events: Object.keys(FAMILIES.events.columns),
  gauges: Object.keys(FAMILIES.gauges.columns),
  tasks: Object.keys(FAMILIES.tasks.columns),
};

/** In the second half of a 10 s window are points of 1 m rows of that window alone: they are known by it. */
export const SOLE_FROM_MS = 5_000;
const SOLE_FROM_NS = SOLE_FROM_MS * 1e6;

/**
 * The start of the window in nanoseconds plus `seq` modulo what there is room for, as a string: a number holds no
 * nanoseconds of our time. So every cut's partial is a point of its own.
 */
export function timestamp({ window, seq, tier, sole }: Pick<PartialRow, 'window' | 'seq' | 'tier' | 'sole'>): string {
  const offset =
    sole !== undefined ? SOLE_FROM_NS + (seq % SOLE_FROM_NS) : seq % (tier === '1m' ? SOLE_FROM_NS : TIERS[tier] * 1e6);
  return `${(sole ?? window) + Math.floor(offset / 1e6)}${String(offset % 1e6).padStart(6, '0')}`;
}

/**
 * A key as a tag value. The protocol has no way to write a backslash before a separator, a line break or
 * nothing at all, so those are written as in URLs: `%5C`, `%0A`, and a lone `%` for the empty key.
 */
export function encodeKey(key: string): string {
  if (key === '') return '%';
  return NEEDS_CODING.test(key) ? key.replaceAll(CODED, percent) : key;
}

export function decodeKey(tag: string): string {
  if (tag === '%') return '';
  if (!tag.includes('%')) return tag;
  return tag.replaceAll(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** A string literal of InfluxQL. */
export function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
}

// eslint-disable-next-line no-control-regex -- control characters are what must be found
const NEEDS_CODING = /[%\\\u0000-\u001f\u007f]/;
// eslint-disable-next-line no-control-regex -- as above
const CODED = /[%\\\u0000-\u001f\u007f]/g;

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

function escapeTag(text: string): string {
  return /[ ,=]/.test(text) ? text.replaceAll(/[ ,=]/g, '\\$&') : text;
}

const LARGEST_INT64 = 9_223_372_036_854_774_784;

function integer(value: number): string {
  if (Number.isSafeInteger(value)) return String(value);
  if (!Number.isInteger(value)) throw new RangeError(`not an integer: ${value}`);
  return BigInt(Math.min(LARGEST_INT64, Math.max(-LARGEST_INT64, value))).toString();
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
