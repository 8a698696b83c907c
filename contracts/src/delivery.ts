import * as z from 'zod';
import { severitySchema } from './alerts.ts';

/**
 * What is told to people outside of the dashboard: a notice, delivered over a channel. Times are epoch milliseconds.
 */

export const CHANNEL_TYPES = [
  'webhook',
  'alertmanager',
  'slack',
  'teams',
  'discord',
  'pagerduty',
  'opsgenie',
  'telegram',
  'ntfy',
  'email',
] as const;
export type ChannelType = (typeof CHANNEL_TYPES)[number];

/** Why somebody is told: something began, goes on, was passed on for want of an answer, is in hands, is over; or a channel is tried out. */
export const NOTICE_KINDS = ['firing', 'repeat', 'escalated', 'acknowledged', 'resolved', 'test'] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** One alert of a notice. */
export const noticeAlertSchema = z.object({
  id: z.number().int(),
  rule_id: z.string(),
  rule_name: z.string(),
  set: z.string(),
  key: z.string(),
  state: z.enum(['firing', 'resolved']),
  severity: severitySchema,
  value: z.number().nullable(),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  runbook_url: z.string().nullable(),
  fired_at: z.number(),
  resolved_at: z.number().nullable(),
});
export type NoticeAlert = z.infer<typeof noticeAlertSchema>;

export const noticeSchema = z.object({
  kind: z.enum(NOTICE_KINDS),
  /** The same for everything that is told about one incident; providers fold by it. */
  dedup_key: z.string(),
  incident_id: z.number().int().nullable(),
  severity: severitySchema,
  /** Reads well alone: at most 80 characters. */
  title: z.string().max(80),
  /** Further lines, possibly none. */
  body: z.string(),
  /** Where the incident is shown. */
  url: z.string(),
  at: z.number(),
  started_at: z.number(),
  /** Labels that every alert of the group shares. */
  group_labels: z.record(z.string(), z.string()),
  /** At most 100, the worst first. */
  alerts: z.array(noticeAlertSchema).max(100),
  /** Alerts beyond those listed. */
  more_alerts: z.number().int(),
});
export type Notice = z.infer<typeof noticeSchema>;

/** What became of a delivery. `retrying` waits for its next try; `dead` is not tried again by itself. */
export const DELIVERY_STATES = ['queued', 'retrying', 'delivered', 'dead'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];
