import { zstdCompressSync } from 'node:zlib';
import {
  EVENT_COLUMNS,
  GAUGE_COLUMNS,
  gaugeKey,
  HOST_GAUGES,
  TASK_COLUMNS,
  windowStart,
  type PartialRow,
} from '@fleetbeat/contracts/aggregates.ts';
import type { Rule } from '@fleetbeat/contracts/rules.ts';
import { MESSAGE_TYPES } from '@fleetbeat/contracts/events.ts';
import { inTransaction, type Database } from '@fleetbeat/infra/database/database.ts';
import { QuantileSketch } from '@fleetbeat/infra/time-series/quantile-sketch.ts';
import type { TimeSeriesStore } from '@fleetbeat/infra/time-series/time-series.ts';

/** Puts into the stores what processors would have written, for tests. */

export interface CutFields {
  seq: number;
  firstOffset: number;
  endOffset: number;
  aggregated: number;
  duplicate?: number;
  dead?: number;
  stored?: boolean;
  lastAppendMs?: number;
}

/** Registers a source and answers its small integer. */
export async function addSource(database: Database, topic: string, partition: number, clockMs: number): Promise<number> {
  const { rows } = await database.query<{ id: number }>(
    'insert into sources (topic, partition, clock_ms) values ($1, $2, $3) returning id',
    [topic, partition, clockMs],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('no source was made');
  return id;
}

export async function addCut(database: Database, source: number, cut: CutFields): Promise<void> {
  const { duplicate = 0, dead = 0, aggregated, lastAppendMs = 1 } = cut;
  await database.query(
    `insert into cuts (source, seq, first_offset, end_offset, records, read, aggregated, duplicate, dead, late,
       first_append_ms, last_append_ms, hours, owner, stored_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, $10, '{}', 'test', $11)`,
    [
      source,
      cut.seq,
      cut.firstOffset,
      cut.endOffset,
      cut.endOffset - cut.firstOffset,
      aggregated + duplicate + dead,
      aggregated,
      duplicate,
      dead,
      lastAppendMs,
      cut.stored === false ? null : new Date(),
    ],
  );
}

export interface AgentFields {
  agent_id: string;
  source: number;
  name?: string | null;
  host_id?: string | null;
  status?: 'online' | 'busy';
  labels?: Record<string, string>;
  last_seen: number;
  total_messages?: number;
  total_errors?: number;
}

export async function addAgent(database: Database, agent: AgentFields): Promise<void> {
  await database.query(
    `insert into agents (agent_id, source, name, host_id, status, capabilities, labels, model, first_seen, last_seen,
       total_messages, total_responses, total_errors, total_tokens)
     values ($1, $2, $3, $4, $5, '{search,code}', $6, 'model-1', $7, $7, $8, 3, $9, 1234)`,
    [
      agent.agent_id,
      agent.source,
      agent.name ?? null,
      agent.host_id ?? null,
      agent.status ?? 'online',
      agent.labels ?? {},
      agent.last_seen,
      agent.total_messages ?? 0,
      agent.total_errors ?? 0,
    ],
  );
}

export async function addHost(database: Database, hostId: string, source: number, lastSeen: number, cpu = 50): Promise<void> {
  const sample = { host_id: hostId, cpu_usage: cpu, memory_usage: 40, disk_usage: 30, uptime: 3_600 };
  await database.query(
    `insert into hosts (host_id, source, hostname, platform, cores, labels, first_seen, last_seen, sample, sample_ts)
     values ($1, $2, $1 || '.example', 'linux', 8, '{"rack": "r1"}', $3, $3, $4, $3)`,
    [hostId, source, lastSeen, sample],
  );
}

export async function addTask(database: Database, taskId: string, createdAt: number, status = 'completed'): Promise<void> {
  await database.query(
    `insert into tasks (task_id, name, status, priority, workflow_id, agent_id, progress, result, created_at, started_at, completed_at,
       versions, updated_at)
     values ($1, 'Task ' || $1, $2, 'high', 'flow-1', 'agent-1', 100, '{"ok": true}', $3::bigint, $3, $3::bigint + 5000, '{}', $3)`,
    [taskId, status, createdAt],
  );
}

export async function addAuditEntry(database: Database, taskId: string): Promise<void> {
  await database.query(
    `insert into audit_logs (entity_type, entity_id, action, actor_id, actor_type, changes)
     values ('task', $1, 'updated', 'somebody', 'user', '{"progress": {"before": 0, "after": 100}}')`,
    [taskId],
  );
}

export async function addRule(database: Database, id: string, rule: Rule): Promise<void> {
  await database.query(`insert into alert_rules (id, definition, updated_by) values ($1, $2, 'test')`, [id, rule]);
}

/** An alert of a rule, and what was told of it; answers their ids. */
export async function addAlert(
  database: Database,
  alert: { ruleId: string; key: string; at: number; state?: 'pending' | 'firing' | 'resolved' },
): Promise<{ alertId: number; notificationId: number }> {
  const { ruleId, key, at, state = 'firing' } = alert;
  const { rows: alerts } = await database.query<{ id: number }>(
    `insert into alerts (rule_id, key, state, severity, tracks, value, reason, began_at, fired_at)
     values ($1, $2, $3, 'warning', '{}', 0.25, 'breach_lasted', $4, $4) returning id`,
    [ruleId, key, state, at],
  );
  const alertId = alerts[0]?.id ?? 0;
  const { rows: told } = await database.query<{ id: number }>(
    `insert into notifications (at, severity, kind, title, body, rule_id, alert_ids)
     values ($1, 'warning', 'firing', $2 || ' is in trouble', '', $3, $4) returning id`,
    [at, key, ruleId, [alertId]],
  );
  return { alertId, notificationId: told[0]?.id ?? 0 };
}

export async function addDeadLetter(
  database: Database,
  source: number,
  offset: number,
  appendedAt: number,
  payload: Buffer,
): Promise<void> {
  await database.query(
    `insert into dead_letters (source, log_offset, position, appended_at, key, code, reason, payload)
     values ($1, $2, 0, $3, 'agent-1', 'malformed-json', 'is not valid JSON', $4)`,
    [source, offset, appendedAt, payload],
  );
}

/** Stores events of one agent as one block. Each must have `ts` and `message_type`. */
export async function addBlock(
  database: Database,
  place: { source: number; seq: number; agentId: string },
  events: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const times = events.map(({ ts }) => Number(ts ?? 0));
  const types = events.reduce(
    (bits, event) => bits | (1 << [...MESSAGE_TYPES, 'heartbeat'].indexOf(String(event['message_type']))),
    0,
  );
  const block = zstdCompressSync(events.map((event) => JSON.stringify(event)).join('\n'));
  await database.query('insert into event_blocks values ($1, $2, $3, $4, $5, $6, $7, $8)', [
    place.source,
    place.seq,
    place.agentId,
    events.length,
    Math.min(...times),
    Math.max(...times),
    types,
    block,
  ]);
}

type Columns = Partial<Record<string, number>>;

function valuesOf(columns: Readonly<Record<string, unknown>>, given: Columns): number[] {
  return Object.keys(columns).map((name) => given[name] ?? 0);
}

/** A partial of a set of events; `responseMs` are put into the sketch as well. */
export function eventRow(
  place: Pick<PartialRow, 'set' | 'key' | 'tier' | 'window' | 'source' | 'seq'>,
  given: Partial<Record<keyof typeof EVENT_COLUMNS, number>>,
  responseMs: readonly number[] = [],
): PartialRow {
  const micros = responseMs.map((ms) => ms * 1_000);
  const sketch = new QuantileSketch();
  for (const value of micros) sketch.add(value);
  const timed =
    micros.length === 0
      ? {}
      : {
          timed: micros.length,
          response_us: micros.reduce((sum, value) => sum + value, 0),
          response_us_min: Math.min(...micros),
          response_us_max: Math.max(...micros),
        };
  return {
    ...place,
    values: valuesOf(EVENT_COLUMNS, { ...given, ...timed }),
    sketch: micros.length === 0 ? null : sketch.serialize(),
    distinct: null,
  };
}

/** Rows of every gauge of a host in the minute of `at`, in both fine tiers. */
export function gaugeRows(hostId: string, source: number, seq: number, at: number, percent: number): PartialRow[] {
  const millis = percent * 1_000;
  const values = valuesOf(GAUGE_COLUMNS, {
    samples: 2,
    total_millis: 2 * millis,
    min_millis: millis,
    max_millis: millis,
    last_millis: millis,
    last_at: at,
  });
  return HOST_GAUGES.flatMap((gauge) =>
    (['10s', '1m'] as const).map((tier): PartialRow => {
      const window = windowStart(at, tier === '10s' ? 10_000 : 60_000);
      return { set: 'host', key: gaugeKey(gauge, hostId), tier, window, source, seq, values, sketch: null, distinct: null };
    }),
  );
}

export function taskRow(
  place: Pick<PartialRow, 'set' | 'key' | 'tier' | 'window' | 'source' | 'seq'>,
  given: Partial<Record<keyof typeof TASK_COLUMNS, number>>,
): PartialRow {
  return { ...place, values: valuesOf(TASK_COLUMNS, given), sketch: null, distinct: null };
}

export async function writeRows(database: Database, timeSeries: TimeSeriesStore, rows: readonly PartialRow[]): Promise<void> {
  await inTransaction(database, (transaction) => timeSeries.write(rows, transaction));
}
