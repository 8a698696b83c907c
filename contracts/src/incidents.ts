import * as z from 'zod';
import { severitySchema } from './alerts.ts';
import { DELIVERY_STATES, NOTICE_KINDS, noticeAlertSchema } from './delivery.ts';
import { idSchema } from './events.ts';
import { bodyTimeSchema } from './time-input.ts';

/**
 * An incident: the alerts of one group, from the first that fires to the last that is resolved, with whom and what they are
 * about, who takes care of it, and everything that was decided on the way. Times are epoch milliseconds.
 */

export const INCIDENT_STATUSES = ['open', 'acknowledged', 'resolved'] as const;
export const incidentStatusSchema = z.enum(INCIDENT_STATUSES);
export type IncidentStatus = z.infer<typeof incidentStatusSchema>;

export const incidentSchema = z.object({
  id: z.number().int(),
  /** Grows with every change; the ETag. */
  revision: z.number().int(),
  status: incidentStatusSchema,
  /** The worst of the alerts that fire; of all, where none does. */
  severity: severitySchema,
  /** At most 80 characters. */
  title: z.string(),
  /** The route that made it, and the labels that its alerts share. */
  route_id: z.string(),
  group_labels: z.record(z.string(), z.string()),
  opened_at: z.number(),
  updated_at: z.number(),
  acknowledged_at: z.number().nullable(),
  acknowledged_by: z.string().nullable(),
  assigned_to: z.string().nullable(),
  /** Until then nobody is told; after that it is open again. */
  snoozed_until: z.number().nullable(),
  resolved_at: z.number().nullable(),
  /** Null where its alerts ended by themselves. */
  resolved_by: z.string().nullable(),
  /** How often it was opened again. */
  reopened: z.number().int(),
  alerts_firing: z.number().int(),
  alerts_total: z.number().int(),
  /** Of each at most 100. */
  agents: z.array(z.string()),
  hosts: z.array(z.string()),
  tasks: z.array(z.string()),
  /** Why nobody is told at present, such as a silence; null where nothing holds it back. */
  held_back: z.string().nullable(),
});
export type Incident = z.infer<typeof incidentSchema>;

/** Whom an escalation calls next: at its time while nobody acknowledges, or when somebody escalates by hand. */
export const nextEscalationSchema = z.object({
  escalation_id: z.string(),
  name: z.string(),
  /** Counted from 1, of `steps`; `round` too. */
  step: z.number().int(),
  steps: z.number().int(),
  round: z.number().int(),
  /** Null: only by hand, for somebody takes care of it. */
  at: z.number().nullable(),
  /** Whom the step reaches at that time, and whom where it is called now, as things are, in words. */
  reaches: z.array(z.string()),
  reaches_now: z.array(z.string()),
});
export type NextEscalation = z.infer<typeof nextEscalationSchema>;

/** One alert of an incident; `held_back`: why nobody is told of it. */
export const incidentAlertSchema = noticeAlertSchema.extend({ held_back: z.string().nullable() });
export const incidentDetailSchema = incidentSchema.extend({
  /** Those that fire first; at most 100. */
  alerts: z.array(incidentAlertSchema),
  /** The tasks of `tasks`; what is null of one that is deleted. */
  tasks_at_risk: z.array(z.object({ task_id: z.string(), name: z.string().nullable(), status: z.string().nullable() })),
  /** The next step of every escalation under way, the soonest first. */
  escalations: z.array(nextEscalationSchema),
});
export type IncidentDetail = z.infer<typeof incidentDetailSchema>;

/** What happened to an incident. `held_back`: it was decided that nobody is told, for the reason given. */
export const TIMELINE_KINDS = [
  'opened',
  'alert_fired',
  'alert_changed',
  'alert_resolved',
  'told',
  'held_back',
  'escalated',
  'acknowledged',
  'assigned',
  'snoozed',
  'snooze_ended',
  'commented',
  'resolved',
  'reopened',
] as const;
export type TimelineKind = (typeof TIMELINE_KINDS)[number];

export const timelineEntrySchema = z.object({
  id: z.number().int(),
  at: z.number(),
  kind: z.enum(TIMELINE_KINDS),
  /** Who did it; null: Fleetbeat itself. */
  actor: z.string().nullable(),
  /** What was decided and why, or what somebody wrote. */
  text: z.string(),
  alert_ids: z.array(z.number().int()),
  /** What was sent to whom and what became of it, for `told` and `escalated`. */
  deliveries: z.array(
    z.object({
      id: z.number().int(),
      channel_id: z.string(),
      channel_name: z.string(),
      notice_kind: z.enum(NOTICE_KINDS),
      state: z.enum(DELIVERY_STATES),
      attempts: z.number().int(),
      last_error: z.string().nullable(),
    }),
  ),
});
export type TimelineEntry = z.infer<typeof timelineEntrySchema>;

export const assignSchema = z.strictObject({ user_id: idSchema.nullable().describe('Null: nobody') });
/** At most 30 days ahead. */
export const snoozeSchema = z.strictObject({ until: bodyTimeSchema });
