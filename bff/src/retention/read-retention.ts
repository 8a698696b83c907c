import { KEPT_DATA, type Kept, type KeptData } from '@fleetbeat/contracts/retention.ts';
import type { Retention } from '@fleetbeat/infra/config.ts';
import type { ReadQuery } from '../http/read-query.ts';

interface Kind {
  readonly variable: string | null;
  readonly keptMs: (retention: Retention) => number | null;
  /** The tables that hold it and nothing else, the one whose rows are told first. */
  readonly tables?: readonly string[];
  /** A row is a block of many: how many there are says nothing. */
  readonly inBlocks?: boolean;
  /** Selects the oldest by an index. */
  readonly oldest?: string;
}

const always = () => null;

const KINDS: Readonly<Record<KeptData, Kind>> = {
  raw_events: {
    variable: 'RETENTION_RAW',
    keptMs: (retention) => retention.raw,
    tables: ['event_blocks'],
    inBlocks: true,
    oldest: 'select min(max_ts) from event_blocks',
  },
  aggregates_10s: { variable: 'RETENTION_10S', keptMs: (retention) => retention['10s'] },
  aggregates_1m: { variable: 'RETENTION_1M', keptMs: (retention) => retention['1m'] },
  aggregates_1h: { variable: 'RETENTION_1H', keptMs: (retention) => retention['1h'] },
  event_log: { variable: 'RETENTION_LOG', keptMs: (retention) => retention.log },
  dead_letters: {
    variable: 'RETENTION_DEAD_LETTERS',
    keptMs: (retention) => retention.deadLetters,
    tables: ['dead_letters'],
    oldest: 'select min(appended_at) from dead_letters',
  },
  alerts: {
    variable: 'RETENTION_ALERTS',
    keptMs: (retention) => retention.alerts,
    tables: ['alerts', 'alert_transitions'],
    oldest: `select min(resolved_at) from alerts where state = 'resolved'`,
  },
  notifications: {
    variable: 'RETENTION_ALERTS',
    keptMs: (retention) => retention.alerts,
    tables: ['notifications', 'notification_reads'],
    oldest: 'select min(at) from notifications',
  },
  incidents: {
    variable: 'RETENTION_INCIDENTS',
    keptMs: (retention) => retention.incidents,
    tables: ['incidents', 'incident_alerts', 'incident_tasks', 'incident_threads', 'incident_timers', 'incident_timeline'],
    oldest: `select min(resolved_at) from incidents where status = 'resolved'`,
  },
  deliveries: {
    variable: 'RETENTION_DELIVERIES',
    keptMs: (retention) => retention.deliveries,
    tables: ['deliveries', 'delivery_attempts'],
    oldest: `select min(created_at) from deliveries where state in ('delivered', 'dead')`,
  },
  suggestions: {
    variable: 'RETENTION_SUGGESTIONS',
    keptMs: (retention) => retention.suggestions,
    tables: ['suggestions'],
    oldest: `select min(coalesce(approved_at, rejected_at, expires_at)) from suggestions where status <> 'pending'`,
  },
  tasks: {
    variable: null,
    keptMs: always,
    tables: ['tasks'],
    oldest: 'select min(created_at) from tasks where deleted_at is null',
  },
  workflows: {
    variable: null,
    keptMs: always,
    tables: ['workflows'],
    oldest: 'select min(created_at) from workflows where deleted_at is null',
  },
  audit_log: {
    variable: null,
    keptMs: always,
    tables: ['audit_logs'],
    oldest: 'select floor(extract(epoch from min(at)) * 1000)::bigint from audit_logs',
  },
  erasures: { variable: null, keptMs: always, tables: ['erasures'] },
};

/** How long each kind of data is kept and how much of it there is, without reading any large table: by estimates and indexes. */
export function createReadRetention(query: ReadQuery, retention: Retention) {
  return async (): Promise<Kept[]> => {
    const [sizes, [log], [oldest = {}]] = await Promise.all([
      query<{ name: string; rows: number | null; bytes: number }>('retention.sizes', SIZES, [
        KEPT_DATA.flatMap((data) => KINDS[data].tables ?? []),
      ]),
      query<{ bytes: number }>('retention.log', LOG),
      query<Partial<Record<KeptData, number | null>>>('retention.oldest', OLDEST),
    ]);
    const sizeOf = new Map(sizes.map((size) => [size.name, size]));
    return KEPT_DATA.map((data): Kept => {
      const { variable, keptMs, tables = [], inBlocks = false } = KINDS[data];
      const bytes = tables.map((name) => sizeOf.get(name)?.bytes ?? 0).reduce((sum, one) => sum + one, 0);
      const isRaw = data === 'raw_events';
      return {
        data,
        variable,
        kept_ms: keptMs(retention),
        bytes_variable: isRaw ? 'RETENTION_RAW_BYTES' : null,
        max_bytes: isRaw ? retention.rawBytes : null,
        rows: inBlocks ? null : (sizeOf.get(tables[0] ?? '')?.rows ?? null),
        bytes: data === 'event_log' ? (log?.bytes ?? null) : tables.length === 0 ? null : bytes,
        oldest: oldest[data] ?? null,
      };
    });
  };
}
export type ReadRetention = ReturnType<typeof createReadRetention>;

/** A table that was never analysed has no estimate. */
const SIZES = `
  select relname as name, case when reltuples >= 0 then reltuples::bigint end as rows, pg_total_relation_size(oid) as bytes
  from pg_class where oid = any (select to_regclass(name) from unnest($1::text[]) as name)`;

/** Null where the log is not in Postgres. */
const LOG = `
  select sum(pg_total_relation_size(c.oid))::bigint as bytes from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'event_log' and c.relkind = 'r'`;

const OLDEST = `select ${KEPT_DATA.flatMap((data) => {
  const { oldest } = KINDS[data];
  return oldest === undefined ? [] : [`(${oldest}) as ${data}`];
}).join(', ')}`;
