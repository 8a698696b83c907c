/**
 * Rollup sets, tiers and the columns of a partial aggregate.
 *
 * A partial is the aggregate of one (set, key, window) over one cut. Its numeric columns merge by the
 * operation named here, so that any number of partials, merged in any order, give the same answer.
 * All numbers are integers: money in micro-dollars, scores in millionths, gauges in thousandths, response times
 * in microseconds.
 */

/** Window lengths in milliseconds, epoch-aligned and half-open. */
export const TIERS = { '10s': 10_000, '1m': 60_000, '1h': 3_600_000 } as const;
export type Tier = keyof typeof TIERS;

/** How two values of a column become one. `last` takes the value with the higher `last_at`. */
export type MergeOp = 'sum' | 'min' | 'max' | 'last';

export type Family = 'events' | 'gauges' | 'tasks';

interface FamilyShape {
  readonly columns: Readonly<Record<string, MergeOp>>;
  /** Has a quantile sketch (`sketch`). */
  readonly sketch: boolean;
  /** Has a distinct-count sketch (`distinct`). */
  readonly distinct: boolean;
}

export const EVENT_COLUMNS = {
  messages: 'sum',
  heartbeats: 'sum',
  user_messages: 'sum',
  responses: 'sum',
  tool_calls: 'sum',
  errors: 'sum',
  feedback: 'sum',
  scored: 'sum',
  score_micros: 'sum',
  timed: 'sum',
  response_us: 'sum',
  response_us_min: 'min',
  response_us_max: 'max',
  input_tokens: 'sum',
  output_tokens: 'sum',
  cache_read_tokens: 'sum',
  cache_write_tokens: 'sum',
  reasoning_tokens: 'sum',
  other_tokens: 'sum',
  cost_micros: 'sum',
} as const satisfies Record<string, MergeOp>;

export const GAUGE_COLUMNS = {
  samples: 'sum',
  total_millis: 'sum',
  min_millis: 'min',
  max_millis: 'max',
  last_millis: 'last',
  last_at: 'max',
} as const satisfies Record<string, MergeOp>;

/** `events` counts every event; those that tell of progress alone are in no other column. */
export const TASK_COLUMNS = {
  created: 'sum',
  started: 'sum',
  completed: 'sum',
  failed: 'sum',
  cancelled: 'sum',
  timed: 'sum',
  duration_ms: 'sum',
  events: 'sum',
} as const satisfies Record<string, MergeOp>;

/** `sketch` holds response times in microseconds (events) or durations in milliseconds (tasks); `distinct` holds users. */
export const FAMILIES = {
  events: { columns: EVENT_COLUMNS, sketch: true, distinct: true },
  gauges: { columns: GAUGE_COLUMNS, sketch: false, distinct: false },
  tasks: { columns: TASK_COLUMNS, sketch: true, distinct: false },
} as const satisfies Record<Family, FamilyShape>;

/** What is rolled up, and into which family of columns. */
export const SETS = {
  agent: 'events',
  model: 'events',
  message_type: 'events',
  fleet: 'events',
  host: 'gauges',
  workflow: 'tasks',
  tasks: 'tasks',
} as const satisfies Record<string, Family>;
export type SetName = keyof typeof SETS;

/** The key of a set that has only one: the whole fleet, all tasks. */
export const WHOLE = 'all';
/** The key under which events without a model, tasks without a workflow are counted. */
export const NONE = 'none';

/** Gauges of a host sample that are rolled up. Their key in the set `host` is `gaugeKey(gauge, hostId)`. */
export const HOST_GAUGES = [
  'cpu_usage',
  'memory_usage',
  'disk_usage',
  'uptime',
  'load_1',
  'net_rx_bytes_per_s',
  'net_tx_bytes_per_s',
] as const;
export type HostGauge = (typeof HOST_GAUGES)[number];

export function gaugeKey(gauge: HostGauge, hostId: string): string {
  return `${gauge}/${hostId}`;
}

/** The start of the window of length `tierMs` that holds `ts`. */
export function windowStart(ts: number, tierMs: number): number {
  return Math.floor(ts / tierMs) * tierMs;
}

/**
 * One row of a time-series store: the partial of (set, key, window) over the cut `seq` of `source`.
 * `values` follows the order of the family's columns; a min or max of nothing is 0 and is told from a
 * real one by its count column. For the 1 h tier `seq` is the compaction's version.
 */
export interface PartialRow {
  readonly set: SetName;
  readonly key: string;
  readonly tier: Tier;
  /** Epoch milliseconds, a multiple of the tier's length. */
  readonly window: number;
  readonly source: number;
  readonly seq: number;
  /** Above 0 where a recompute has made the row; absent or 0 where its cut did. */
  readonly version?: number | undefined;
  /**
   * Of a 1 m row: the start of the one 10 s window that has all its events, where its cut has no 10 s row beside it. It stands for both,
   * and a store asked for the 10 s tier gives it back as a 10 s row.
   */
  readonly sole?: number | undefined;
  readonly values: ArrayLike<number>;
  /** A serialised quantile sketch, absent where nothing was timed. */
  readonly sketch: Uint8Array | null;
  /** A serialised distinct-count sketch, absent where no user was named. */
  readonly distinct: Uint8Array | null;
}
