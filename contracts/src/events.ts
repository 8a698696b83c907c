import * as z from 'zod';
import { TASK_PRIORITIES, TASK_STATUSES } from './task-terms.ts';

/**
 * What agents, host probes and tasks send, and where it goes in the event log.
 *
 * Every schema here is loose: a field that Fleetbeat does not know stays in the raw event and is
 * shown, but takes no part in any aggregate.
 */

/** Accepted lateness: how far back an event's own time may lie, in milliseconds (24 hours). */
export const MAX_LATENESS_MS = 24 * 3_600_000;
/** How far ahead of the log's clock an event's own time may lie, in milliseconds (5 minutes). */
export const MAX_AHEAD_MS = 5 * 60_000;
/** The largest single event, in bytes of JSON (256 KiB). */
export const MAX_EVENT_BYTES = 256 * 1024;
/** How much larger an event may be in the log, in bytes: for the id, the time and the agent that the gateway adds. */
export const EVENT_SLACK_BYTES = 2 * 1024;
/** The deepest nesting of objects and arrays in one event. */
export const MAX_NESTING = 32;
/** How many accepted events of a source are remembered to recognise duplicates (2^22). */
export const DEDUPE_HORIZON = 2 ** 22;

export const MESSAGE_TYPES = ['user_message', 'agent_response', 'tool_call', 'error', 'feedback'] as const;
export type MessageType = (typeof MESSAGE_TYPES)[number];

/** Whether a text shows when it is written: not of blanks and characters without a shape alone. */
export function isVisible(text: string): boolean {
  const first = text.charCodeAt(0);
  return (first > 0x20 && first < 0x7f) || /[^\s\p{Default_Ignorable_Code_Point}]/u.test(text);
}

/** An id of ours or of a client: 1 to 256 characters, one of them visible, none a control character or half a surrogate pair. */
export const idSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(256, 'must be at most 256 characters')
  // eslint-disable-next-line no-control-regex -- control characters are what is refused here
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not contain control characters')
  .refine((id) => id.isWellFormed(), 'must not contain half a surrogate pair')
  .refine((id) => id === '' || isVisible(id), 'must contain a visible character');

/** Up to 16 labels: names of 1 to 64 letters, digits, `_`, `.` and `-`; values up to 256 characters. */
export const labelsSchema = z
  .record(z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'is no label name'), z.string().max(256))
  .refine((labels) => Object.keys(labels).length <= 16, 'at most 16 labels');
export type Labels = z.infer<typeof labelsSchema>;

/** Fields that every kind of event has. `ts` is epoch milliseconds; `timestamp` is RFC 3339. */
const envelope = {
  id: idSchema.optional(),
  ts: z.number().finite().optional(),
  timestamp: z.iso.datetime({ offset: true }).optional(),
  labels: labelsSchema.optional(),
};

const tokens = z.number().int().min(0).max(1_000_000_000).optional();

/** One message of an agent. Times in milliseconds, money in US dollars. */
export const agentMessageSchema = z.looseObject({
  ...envelope,
  agent_id: idSchema,
  message_type: z.enum(MESSAGE_TYPES),
  content: z.string().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  error_details: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  response_time_ms: z.number().min(0).max(86_400_000).optional(),
  /** Token classes are disjoint; the total is their sum. */
  input_tokens: tokens,
  output_tokens: tokens,
  cache_read_tokens: tokens,
  cache_write_tokens: tokens,
  reasoning_tokens: tokens,
  /** The total where no class is given; ignored where one is. */
  token_count: tokens,
  model_used: idSchema.optional(),
  user_id: idSchema.optional(),
  session_id: idSchema.optional(),
  task_id: idSchema.optional(),
  workflow_id: idSchema.optional(),
  host_id: idSchema.optional(),
  user_feedback: z.number().min(-1_000).max(1_000).optional(),
  cost_usd: z.number().min(0).max(10_000).optional(),
});
export type AgentMessage = z.infer<typeof agentMessageSchema>;

export const REPORTED_STATUSES = ['online', 'busy'] as const;

/** A sign of life of an agent. Not counted in `total_messages`. */
export const heartbeatSchema = z.looseObject({
  ...envelope,
  agent_id: idSchema,
  message_type: z.literal('heartbeat'),
  status: z.enum(REPORTED_STATUSES).default('online'),
  name: z.string().max(256).optional(),
  capabilities: z.array(z.string().min(1).max(64)).max(64).optional(),
  host_id: idSchema.optional(),
  task_id: idSchema.optional(),
});
export type Heartbeat = z.infer<typeof heartbeatSchema>;

/** What the topic `agent-events` carries. */
export const agentEventSchema = z.discriminatedUnion('message_type', [agentMessageSchema, heartbeatSchema], {
  error: `message_type must be one of ${[...MESSAGE_TYPES, 'heartbeat'].join(', ')}`,
});
export type AgentEvent = z.infer<typeof agentEventSchema>;

const percent = z.number().min(0).max(100);
const bytes = z.number().min(0).max(Number.MAX_SAFE_INTEGER);

/** One sample of a host: shares in percent, sizes in bytes, `uptime` in seconds, network in bytes per second. */
export const hostSampleSchema = z.looseObject({
  ...envelope,
  host_id: idSchema,
  cpu_usage: percent,
  memory_usage: percent,
  disk_usage: percent,
  uptime: z.number().min(0).max(1e10),
  load_1: z.number().min(0).max(1e6).optional(),
  load_5: z.number().min(0).max(1e6).optional(),
  load_15: z.number().min(0).max(1e6).optional(),
  net_rx_bytes_per_s: z.number().min(0).max(1e12).optional(),
  net_tx_bytes_per_s: z.number().min(0).max(1e12).optional(),
  memory_used_bytes: bytes.optional(),
  memory_total_bytes: bytes.optional(),
  disk_used_bytes: bytes.optional(),
  disk_total_bytes: bytes.optional(),
  hostname: z.string().max(256).optional(),
  platform: z.string().max(256).optional(),
  cores: z.number().int().min(1).max(65_536).optional(),
});
export type HostSample = z.infer<typeof hostSampleSchema>;

export { TASK_PRIORITIES, TASK_STATUSES, type TaskStatus } from './task-terms.ts';

/** A step in a task's life. `seq` orders events of one task that carry the same time. */
export const taskEventSchema = z.looseObject({
  ...envelope,
  task_id: idSchema,
  status: z.preprocess((status) => (status === 'in-progress' ? 'in_progress' : status), z.enum(TASK_STATUSES)),
  seq: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  name: z.string().max(256).optional(),
  description: z.string().max(16_384).optional(),
  priority: z.enum(TASK_PRIORITIES).optional(),
  workflow_id: idSchema.optional(),
  agent_id: idSchema.optional(),
  due_date: z.number().finite().optional(),
  progress: percent.optional(),
  /** How long the work took, where the sender measured it. */
  duration_seconds: z.number().min(0).max(1e8).optional(),
  result: z.unknown().optional(),
  error: z.string().max(16_384).optional(),
});
export type TaskEvent = z.infer<typeof taskEventSchema>;

export const EVENT_TOPICS = ['agent-events', 'host-events', 'task-events'] as const;
export type EventTopic = (typeof EVENT_TOPICS)[number];

/** `aggregates`: open partials of watched keys. `live`: changes for the BFFs. */
export const INTERNAL_TOPICS = ['aggregates', 'live'] as const;
export type Topic = EventTopic | (typeof INTERNAL_TOPICS)[number];
export const TOPICS: readonly Topic[] = [...EVENT_TOPICS, ...INTERNAL_TOPICS];

/** Partitions of a topic that does not exist yet. An existing topic keeps its own count. */
export const DEFAULT_PARTITIONS: Readonly<Record<Topic, number>> = {
  'agent-events': 4,
  'host-events': 1,
  'task-events': 2,
  aggregates: 1,
  live: 1,
};

/**
 * Which topic an event belongs to, from the fields it has: `message_type` makes it an agent's,
 * else `task_id` a task's, else `host_id` a host's. Undefined where none is there.
 */
export function topicOf(event: Readonly<Record<string, unknown>>): EventTopic | undefined {
  if (event['message_type'] !== undefined) return 'agent-events';
  if (event['task_id'] !== undefined) return 'task-events';
  if (event['host_id'] !== undefined) return 'host-events';
  if (event['agent_id'] !== undefined) return 'agent-events';
  return undefined;
}

/** The schema and the name of the key field of each event topic. */
export const EVENT_KINDS = {
  'agent-events': { schema: agentEventSchema, key: 'agent_id' },
  'host-events': { schema: hostSampleSchema, key: 'host_id' },
  'task-events': { schema: taskEventSchema, key: 'task_id' },
} as const satisfies Record<EventTopic, { schema: z.ZodType; key: string }>;

/**
 * When an event happened, in whole epoch milliseconds: `ts`, else `timestamp`, else the time of receipt.
 */
export function eventTime(event: { ts?: number | undefined; timestamp?: string | undefined }, receivedAt: number): number {
  if (event.ts !== undefined) return Math.floor(event.ts);
  if (event.timestamp !== undefined) return Date.parse(event.timestamp);
  return receivedAt;
}

/** When a stored event happened, epoch milliseconds: its time stands in its own fields, whoever sent it. 0 where it does not. */
export function storedEventTime({ ts, timestamp }: Readonly<Record<string, unknown>>): number {
  const time = {
    ts: typeof ts === 'number' ? ts : undefined,
    timestamp: typeof timestamp === 'string' ? timestamp : undefined,
  };
  return eventTime(time, 0);
}

/**
 * Why an event's time is refused, or undefined where it lies in the accepted range around `receivedAt`.
 * `slackMs` widens the range on both sides, for whoever judges again what was accepted elsewhere by another clock.
 */
export function timeRefusal(ts: number, receivedAt: number, slackMs = 0): string | undefined {
  if (ts < receivedAt - MAX_LATENESS_MS - slackMs) {
    return `ts ${describeTime(ts)} is more than 24 hours before the time of receipt`;
  }
  if (ts > receivedAt + MAX_AHEAD_MS + slackMs) {
    return `ts ${describeTime(ts)} is more than 5 minutes after the time of receipt`;
  }
  return undefined;
}

function describeTime(ts: number): string {
  return Math.abs(ts) <= 8.64e15 ? new Date(ts).toISOString() : String(ts);
}

/** The first complaint of a schema, as one sentence that names the field. */
export function describeIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return 'is not valid';
  const path = issue.path.map(String).join('.');
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}
