import * as z from 'zod';
import type { SetName } from './aggregates.ts';
import { notificationSchema, notificationsReadSchema } from './alerts.ts';
import { agentStatusSchema, seriesPointSchema } from './api.ts';
import { commentDeletedSchema, commentSchema } from './comments.ts';
import { incidentSchema } from './incidents.ts';
import { suggestionSchema } from './suggestions.ts';
import { taskDeletedSchema, taskSchema } from './tasks.ts';
import { workflowSchema } from './workflows.ts';

/**
 * Live messages: what a processor puts into the topic `live`, and what a BFF sends over Socket.IO as
 * `{type, data, seq}` under the type's own event name. Two messages with the same `stream` (sent with
 * `connected`) are in order of `seq`; a client that missed some asks again over REST.
 */

export const CHANNELS = ['workflows', 'tasks', 'agents', 'suggestions', 'notifications', 'metrics'] as const;
export type Channel = (typeof CHANNELS)[number];

export const connectedSchema = z.object({ stream: z.string(), seq: z.number(), server_time: z.number() });

export const agentStatusUpdateSchema = z.object({
  agent_id: z.string(),
  status: agentStatusSchema,
  last_seen: z.number(),
  host_id: z.string().nullable(),
});

/** Shares in percent, uptime in seconds, `ts` the sample's own time in epoch milliseconds. */
export const performanceUpdateSchema = z.object({
  host_id: z.string(),
  ts: z.number(),
  cpu_usage: z.number(),
  memory_usage: z.number(),
  disk_usage: z.number(),
  uptime: z.number(),
});

/** Windows of one view that have changed, each whole: it replaces the window the client has. */
export const visualizationUpdateSchema = z.object({
  view: z.enum(['fleet', 'agent']),
  /** The agent's id, or `all`. */
  key: z.string(),
  /** Window length in milliseconds. */
  step: z.number(),
  points: z.array(seriesPointSchema),
  /** Every event appended to the log before this time (epoch milliseconds) is in what was sent so far. */
  through: z.number(),
});

/** What processors put into the topic `live`, one JSON object a record. */
export const liveRecordSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('agent_status'), data: agentStatusUpdateSchema }),
  z.object({ type: z.literal('task_created'), data: taskSchema }),
  z.object({ type: z.literal('task_update'), data: taskSchema }),
  z.object({ type: z.literal('task_deleted'), data: taskDeletedSchema }),
  z.object({ type: z.literal('workflow_update'), data: workflowSchema }),
  z.object({ type: z.literal('performance_update'), data: performanceUpdateSchema }),
  z.object({ type: z.literal('notification'), data: notificationSchema }),
  z.object({ type: z.literal('notifications_read'), data: notificationsReadSchema }),
  z.object({ type: z.literal('incident'), data: incidentSchema }),
  z.object({ type: z.literal('suggestion_created'), data: suggestionSchema }),
  z.object({ type: z.literal('suggestion_approved'), data: suggestionSchema }),
  z.object({ type: z.literal('suggestion_rejected'), data: suggestionSchema }),
  z.object({ type: z.literal('suggestion_expired'), data: suggestionSchema }),
  z.object({ type: z.literal('comment_added'), data: commentSchema }),
  z.object({ type: z.literal('comment_updated'), data: commentSchema }),
  z.object({ type: z.literal('comment_deleted'), data: commentDeletedSchema }),
]);
export type LiveRecord = z.infer<typeof liveRecordSchema>;

export type VisualizationUpdate = z.infer<typeof visualizationUpdateSchema>;
export type AgentStatusUpdate = z.infer<typeof agentStatusUpdateSchema>;
export type PerformanceUpdate = z.infer<typeof performanceUpdateSchema>;
export type Connected = z.infer<typeof connectedSchema>;

/** Everything a Socket.IO client of this version may receive, by event name. */
export interface ServerData {
  connected: Connected;
  agent_status: AgentStatusUpdate;
  task_created: z.infer<typeof taskSchema>;
  task_update: z.infer<typeof taskSchema>;
  task_deleted: z.infer<typeof taskDeletedSchema>;
  workflow_update: z.infer<typeof workflowSchema>;
  performance_update: PerformanceUpdate;
  visualization_update: VisualizationUpdate;
  notification: z.infer<typeof notificationSchema>;
  notifications_read: z.infer<typeof notificationsReadSchema>;
  incident: z.infer<typeof incidentSchema>;
  suggestion_created: z.infer<typeof suggestionSchema>;
  suggestion_approved: z.infer<typeof suggestionSchema>;
  suggestion_rejected: z.infer<typeof suggestionSchema>;
  suggestion_expired: z.infer<typeof suggestionSchema>;
  comment_added: z.infer<typeof commentSchema>;
  comment_updated: z.infer<typeof commentSchema>;
  comment_deleted: z.infer<typeof commentDeletedSchema>;
}
export type ServerEvent = keyof ServerData;

export interface LiveMessage<T extends ServerEvent = ServerEvent> {
  type: T;
  data: ServerData[T];
  seq: number;
}

/** Which channel carries an event. */
export const CHANNEL_OF = {
  agent_status: 'agents',
  task_created: 'tasks',
  task_update: 'tasks',
  task_deleted: 'tasks',
  workflow_update: 'workflows',
  performance_update: 'metrics',
  visualization_update: 'metrics',
  notification: 'notifications',
  notifications_read: 'notifications',
  incident: 'notifications',
  suggestion_created: 'suggestions',
  suggestion_approved: 'suggestions',
  suggestion_rejected: 'suggestions',
  suggestion_expired: 'suggestions',
  comment_added: 'notifications',
  comment_updated: 'notifications',
  comment_deleted: 'notifications',
} as const satisfies Partial<Record<ServerEvent, Channel>>;

/**
 * `subscribe`: the channel; `agent_id` adds that agent's own series to `metrics`; `since` asks for what
 * came after that `seq`, `since_time` for what came from that moment on (epoch milliseconds, by the `server_time` of
 * `connected`): for who has read over REST then. The acknowledgement is `{ok: true, resync}`, where `resync` says that too much was
 * missed and the client must read over REST, or `{ok: false, reason}`.
 */
export const subscribeSchema = z.object({
  channel: z.enum(CHANNELS),
  agent_id: z.string().max(256).optional(),
  since: z.number().int().optional(),
  since_time: z.number().optional(),
});

/** One record of the topic `aggregates`: the open partials of a source that somebody watches. */
export interface OpenPartials {
  source: number;
  /** The sequence number of the cut that is open. */
  seq: number;
  /** One past the last offset that took part. */
  offset: number;
  /** Every event of this source appended before this time (epoch milliseconds) has been read. */
  through: number;
  /** 10 s partials, whole: each replaces the one with the same set, key and window. Sketches in base64. */
  partials: {
    set: SetName;
    key: string;
    window: number;
    values: number[];
    sketch: string | null;
    distinct: string | null;
  }[];
}
