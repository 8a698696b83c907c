import * as z from 'zod';
import { MESSAGE_TYPES } from './events.ts';

/** What the REST API takes and answers. Times are epoch milliseconds unless a field says otherwise. */

/** A mistake in what was sent. `path` leads to it from the top: `rules.3.warning.threshold`, empty where it is the whole. */
export const mistakeSchema = z.object({ path: z.string(), message: z.string() });
export type Mistake = z.infer<typeof mistakeSchema>;

/** A mistake in a file; lines and columns count from 1. */
export const fileMistakeSchema = mistakeSchema.extend({ line: z.number().int(), column: z.number().int() });
export type FileMistake = z.infer<typeof fileMistakeSchema>;

/** RFC 9457. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  instance: z.string().optional(),
  request_id: z.string().optional(),
  /** What would have been taken instead. */
  allowed: z.array(z.string()).optional(),
  /** Every mistake in what was sent, by its place; of a file with line and column. */
  mistakes: z.array(mistakeSchema.extend(fileMistakeSchema.pick({ line: true, column: true }).partial().shape)).optional(),
});
export type Problem = z.infer<typeof problemSchema>;

/** Events of one request that were refused, by their place in it (from 0). */
export const rejectionSchema = z.object({ index: z.number().int(), code: z.string(), reason: z.string() });
export type Rejection = z.infer<typeof rejectionSchema>;

/** Answer of the gateway. `ids` names the events that came without an id and the ids they were given. */
export const ingestAnswerSchema = z.object({
  accepted: z.number().int(),
  rejected: z.array(rejectionSchema),
  ids: z.array(z.object({ index: z.number().int(), id: z.string() })),
});
export type IngestAnswer = z.infer<typeof ingestAnswerSchema>;

export const AGENT_STATUSES = ['online', 'busy', 'offline'] as const;
export const agentStatusSchema = z.enum(AGENT_STATUSES);
export type AgentStatus = z.infer<typeof agentStatusSchema>;

/** Measures over a range or one window. Response times in milliseconds; null where nothing was timed or scored. */
export const measuresSchema = z.object({
  total_messages: z.number(),
  total_user_messages: z.number(),
  total_responses: z.number(),
  total_tool_calls: z.number(),
  total_errors: z.number(),
  total_feedback: z.number(),
  total_heartbeats: z.number(),
  average_response_time: z.number().nullable(),
  response_time_min: z.number().nullable(),
  response_time_max: z.number().nullable(),
  response_time_p50: z.number().nullable(),
  response_time_p95: z.number().nullable(),
  response_time_p99: z.number().nullable(),
  /** The sum of the token classes, and of `token_count` where no class was given (`other_tokens`). */
  total_tokens_used: z.number(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  cache_read_tokens: z.number(),
  cache_write_tokens: z.number(),
  reasoning_tokens: z.number(),
  other_tokens: z.number(),
  total_cost_usd: z.number(),
  average_feedback_score: z.number().nullable(),
  unique_users: z.number(),
});
export type Measures = z.infer<typeof measuresSchema>;

/** One window; `t` is its start. */
export const seriesPointSchema = measuresSchema.extend({ t: z.number() });
export type SeriesPoint = z.infer<typeof seriesPointSchema>;

/** A window that grew by events that came after it was over; `t` is its start. */
export const lateWindowSchema = z.object({ t: z.number(), events: z.number() });
export type LateWindow = z.infer<typeof lateWindowSchema>;

/** `from` and `to` as rounded outward to windows of `step_ms`. Windows without events are absent from `series`. */
export const metricsSchema = z.object({
  from: z.number(),
  to: z.number(),
  step_ms: z.number(),
  totals: measuresSchema,
  series: z.array(seriesPointSchema),
  /** Where it was asked for; absent where too much was late to be told, or the range is older than fine windows are kept. */
  late_windows: z.array(lateWindowSchema).optional(),
});
export type Metrics = z.infer<typeof metricsSchema>;

export const modelMetricsSchema = z.object({
  from: z.number(),
  to: z.number(),
  step_ms: z.number(),
  models: z.array(z.object({ model: z.string(), totals: measuresSchema, series: z.array(seriesPointSchema) })),
});
export type ModelMetrics = z.infer<typeof modelMetricsSchema>;

export const agentSchema = z.object({
  agent_id: z.string(),
  name: z.string().nullable(),
  host_id: z.string().nullable(),
  status: agentStatusSchema,
  capabilities: z.array(z.string()),
  labels: z.record(z.string(), z.string()),
  model: z.string().nullable(),
  first_seen: z.number(),
  last_seen: z.number(),
  total_messages: z.number(),
  total_responses: z.number(),
  total_errors: z.number(),
  total_tokens_used: z.number(),
  /** Share of messages that were no errors, 0 to 1; null before the first message. */
  success_rate: z.number().nullable(),
  /** Its tasks that are completed or failed now, and how many of them failed. */
  total_tasks: z.number().int(),
  failed_tasks: z.number().int(),
  tags: z.array(z.string()),
  notes: z.string().nullable(),
  /** It is given no tasks. */
  paused: z.boolean(),
  /** Since when nobody waits for it; null once it speaks again. */
  archived_at: z.number().nullable(),
});
export type Agent = z.infer<typeof agentSchema>;

/** A page of a list; `next_cursor` is null on the last one. */
export function listSchema<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() });
}
export interface List<T> {
  items: T[];
  next_cursor: string | null;
}

/** A label that agents or hosts carry, with its values, those that most carry first. */
export const carriedLabelSchema = z.object({
  name: z.string(),
  values: z.array(z.object({ value: z.string(), agents: z.number().int(), hosts: z.number().int() })),
  /** How many values there are, of which the first are told. */
  distinct: z.number().int(),
});
export type CarriedLabel = z.infer<typeof carriedLabelSchema>;

/** A raw event as it came, with `ts` resolved. */
export const storedEventSchema = z.object({
  agent_id: z.string(),
  ts: z.number(),
  message_type: z.enum([...MESSAGE_TYPES, 'heartbeat']),
  event: z.record(z.string(), z.unknown()),
});
export type StoredEvent = z.infer<typeof storedEventSchema>;

/** What an agent and its users said under one `session_id`, as far as it lies in the range that was asked for. */
export const agentSessionSchema = z.object({
  session_id: z.string(),
  first_event: z.number(),
  last_event: z.number(),
  total_messages: z.number().int(),
  total_errors: z.number().int(),
  total_tokens_used: z.number(),
  /** Twenty at most, the last first. */
  users: z.array(z.string()),
});
export type AgentSession = z.infer<typeof agentSessionSchema>;

export const agentSessionsSchema = z.object({
  items: z.array(agentSessionSchema),
  /** There are more sessions than these, or the reading ended before all was read. */
  more: z.boolean(),
  /** Where the reading ended: every event since then is counted, none before. Null: all of the range are. */
  read_from: z.number().nullable(),
});
export type AgentSessions = z.infer<typeof agentSessionsSchema>;

export const hostSchema = z.object({
  host_id: z.string(),
  hostname: z.string().nullable(),
  platform: z.string().nullable(),
  cores: z.number().nullable(),
  labels: z.record(z.string(), z.string()),
  status: z.enum(['online', 'offline']),
  first_seen: z.number(),
  last_seen: z.number(),
  agents: z.number(),
  cpu_usage: z.number(),
  memory_usage: z.number(),
  disk_usage: z.number(),
  uptime: z.number(),
  /** Since when it is not listed and never alerts, until it sends a sample; null: it is. */
  archived_at: z.number().nullable(),
  sample: z.record(z.string(), z.unknown()),
});
export type Host = z.infer<typeof hostSchema>;

/** One gauge of a host over one window: mean, minimum, maximum and last value. */
export const gaugePointSchema = z.object({
  t: z.number(),
  avg: z.number(),
  min: z.number(),
  max: z.number(),
  last: z.number(),
});
export const hostMetricsSchema = z.object({
  host_id: z.string(),
  from: z.number(),
  to: z.number(),
  step_ms: z.number(),
  /** By gauge: cpu_usage, memory_usage, disk_usage, uptime, load_1, net_rx_bytes_per_s, net_tx_bytes_per_s. */
  gauges: z.record(z.string(), z.array(gaugePointSchema)),
  /** Samples by gauge in the range. */
  samples: z.record(z.string(), z.number()),
});
export type HostMetrics = z.infer<typeof hostMetricsSchema>;

/** The newest figures of all hosts and their history (means over hosts). */
export const performanceSchema = z.object({
  latest: z.object({
    cpu_usage: z.number().nullable(),
    memory_usage: z.number().nullable(),
    disk_usage: z.number().nullable(),
    uptime: z.number().nullable(),
    hosts: z.number(),
  }),
  from: z.number(),
  to: z.number(),
  step_ms: z.number(),
  history: z.array(
    z.object({
      t: z.number(),
      cpu_usage: z.number().nullable(),
      memory_usage: z.number().nullable(),
      disk_usage: z.number().nullable(),
    }),
  ),
});
export type Performance = z.infer<typeof performanceSchema>;

/** Chart-ready series: x in epoch milliseconds, y null where there is nothing to show. */
export const visualizationSchema = z.object({
  id: z.string(),
  title: z.string(),
  unit: z.string(),
  series: z.array(z.object({ name: z.string(), points: z.array(z.object({ x: z.number(), y: z.number().nullable() })) })),
});
export const visualizationsSchema = z.object({
  from: z.number(),
  to: z.number(),
  step_ms: z.number(),
  task_totals: z.object({
    created: z.number(),
    started: z.number(),
    completed: z.number(),
    failed: z.number(),
    cancelled: z.number(),
    /** completed / (completed + failed + cancelled), 0 to 1; null where none has ended. */
    completion_rate: z.number().nullable(),
  }),
  items: z.array(visualizationSchema),
});
export type Visualizations = z.infer<typeof visualizationsSchema>;

/** A figure that two places should tell alike and do not. `hour` in epoch milliseconds; null what it is not about. */
export const differenceSchema = z.object({
  id: z.number(),
  /** expired, offset_gap, cut_hours, hour_total, raw_of_cut or raw_of_agent; see docs/ledger.md. */
  kind: z.string(),
  source: z.number(),
  topic: z.string(),
  partition: z.number(),
  hour: z.number().nullable(),
  seq: z.number().nullable(),
  agent_id: z.string().nullable(),
  expected: z.number(),
  found: z.number(),
  first_seen: z.number(),
});
export type Difference = z.infer<typeof differenceSchema>;

/** The delivery ledger. accepted = aggregated + duplicate + dead_lettered + pending. */
export const pipelineSchema = z.object({
  accepted: z.number(),
  aggregated: z.number(),
  duplicate: z.number(),
  dead_lettered: z.number(),
  /** Events that no stored cut has counted yet; on Kafka what nobody has read counts in records, and is up to two seconds old. */
  pending: z.number(),
  late: z.number(),
  expired_offsets: z.number(),
  /** As `pending`: what the sources are behind by. */
  lag_events: z.number(),
  sources: z.array(
    z.object({
      source: z.number(),
      topic: z.string(),
      partition: z.number(),
      /** One past the last offset of the last stored cut. */
      stored_offset: z.number(),
      end_offset: z.number(),
      /** Events of it that no stored cut has counted yet. */
      lag_events: z.number(),
      last_cut_at: z.number().nullable(),
      aggregated: z.number(),
      duplicate: z.number(),
      dead_lettered: z.number(),
      late: z.number(),
    }),
  ),
  /** Append in the log to leaving the BFF, over the last five minutes; null before the first. */
  event_to_screen_ms: z.object({ p50: z.number().nullable(), p99: z.number().nullable(), samples: z.number() }),
  /** How many figures differ between the cuts and what the stores hold, and the first 20, oldest first. */
  differences: z.object({ open: z.number(), items: z.array(differenceSchema) }),
  /** Everything appended to the log up to then and stored was compared; null before the first time. */
  reconciled_through: z.number().nullable(),
});
export type Pipeline = z.infer<typeof pipelineSchema>;

/** One agent's events in the places that count them, as far as stored. Messages of both registry and aggregates must be equal. */
export const agentLedgerSchema = z.object({
  agent_id: z.string(),
  /** By the registry, since the agent was first seen. */
  registered_messages: z.number(),
  /** In the aggregates, as far back as these are kept. */
  aggregated_messages: z.number(),
  aggregated_heartbeats: z.number(),
  /** Raw events kept, heartbeats included, and the time of the oldest. */
  raw_events: z.number(),
  /** Counted, but not among them any more: their user was erased. */
  erased_events: z.number(),
  raw_since: z.number().nullable(),
  /** Open differences about this agent alone. */
  differences: z.number(),
});
export type AgentLedger = z.infer<typeof agentLedgerSchema>;

export const deadLetterSchema = z.object({
  /** `source-offset-position` */
  id: z.string(),
  topic: z.string(),
  partition: z.number(),
  offset: z.number(),
  position: z.number(),
  appended_at: z.number(),
  key: z.string().nullable(),
  code: z.string(),
  reason: z.string(),
  /** The bytes as UTF-8, at most the first 4,096 characters; what is no UTF-8 is replaced. */
  payload: z.string(),
  replayed_at: z.number().nullable(),
  /** The request that brought the event; null where its producer named none. */
  request_id: z.string().nullable(),
});
export type DeadLetter = z.infer<typeof deadLetterSchema>;

/** A dead letter with all its bytes: as they are where they are UTF-8, else in base64. */
export const wholeDeadLetterSchema = deadLetterSchema.extend({ encoding: z.enum(['utf8', 'base64']) });
export type WholeDeadLetter = z.infer<typeof wholeDeadLetterSchema>;

/** What became of a replayed letter: the event's id, and when it was appended to the log again. */
export const replayedLetterSchema = z.object({
  id: z.string(),
  topic: z.string(),
  partition: z.number(),
  event_id: z.string(),
  replayed_at: z.number(),
});
export type ReplayedLetter = z.infer<typeof replayedLetterSchema>;

/** What became of many letters; `refused` counts those that are still not valid, `refusals` tells the first 20 of them. */
export const replayedLettersSchema = z.object({
  replayed: z.number(),
  refused: z.number(),
  refusals: z.array(z.object({ id: z.string(), reason: z.string() })),
  /** Where to go on; null where no letter is left. */
  next_cursor: z.string().nullable(),
});
export type ReplayedLetters = z.infer<typeof replayedLettersSchema>;

export const readySchema = z.object({
  engines: z.object({
    event_log: z.enum(['kafka', 'postgres']),
    time_series: z.enum(['influxdb', 'postgres']),
    job_queue: z.enum(['redis', 'postgres']),
    database: z.enum(['postgres', 'embedded-postgres']),
  }),
});
