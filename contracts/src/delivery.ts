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

/**
 * Why somebody is told: something began, goes on, was passed on for want of an answer, is in hands, is over; an agent's
 * suggestion is approved; or a channel is tried out.
 */
export const NOTICE_KINDS = ['firing', 'repeat', 'escalated', 'acknowledged', 'resolved', 'approved', 'test'] as const;
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

/** The key of every notice that tries a channel out: one at a time, and in front of all else. */
export const TEST_DEDUP_KEY = 'fleetbeat-test';

export const ATTEMPT_OUTCOMES = ['delivered', 'retryable', 'permanent'] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

const deliveryFields = {
  id: z.number().int(),
  channel_id: z.string(),
  channel_name: z.string(),
  channel_type: z.enum(CHANNEL_TYPES),
  /** Sent along with every attempt, so that the receiver can tell a repetition. */
  idempotency_key: z.string(),
  state: z.enum(DELIVERY_STATES),
  kind: z.enum(NOTICE_KINDS),
  severity: severitySchema,
  title: z.string(),
  dedup_key: z.string(),
  incident_id: z.number().int().nullable(),
  attempts: z.number().int(),
  created_at: z.number(),
  /** Null where it goes no more, or is under way. */
  next_try_at: z.number().nullable(),
  delivered_at: z.number().nullable(),
  last_error: z.string().nullable(),
  /** What the provider calls it. */
  provider_id: z.string().nullable(),
};

/** A line of the log of deliveries. */
export const deliverySchema = z.object(deliveryFields);
export type Delivery = z.infer<typeof deliverySchema>;

/** A delivery with all that is known of it. */
export const wholeDeliverySchema = z.object({
  ...deliveryFields,
  notice: noticeSchema,
  attempt_log: z.array(
    z.object({
      attempt: z.number().int(),
      started_at: z.number(),
      /** Null where the worker ended before the attempt did. */
      ended_at: z.number().nullable(),
      outcome: z.enum(ATTEMPT_OUTCOMES).nullable(),
      status: z.number().int().nullable(),
      reason: z.string().nullable(),
    }),
  ),
});
export type WholeDelivery = z.infer<typeof wholeDeliverySchema>;
