import * as z from 'zod';
import { WATCHED_SETS } from './rule-measures.ts';
import { SEVERITIES } from './severities.ts';

/** Alerts and what is told of them. Every key that breaches a rule has an alert of its own. Times are epoch milliseconds. */

export { SEVERITIES };
export const severitySchema = z.enum(SEVERITIES);
export type Severity = z.infer<typeof severitySchema>;

/**
 * inactive: no breach. pending: a breach that has not lasted for `for_s`. firing. resolved: was firing; a new
 * breach is a new alert. Alerts that went back from pending to inactive are not kept.
 */
export const ALERT_STATES = ['inactive', 'pending', 'firing', 'resolved'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** Why an alert changed. */
export const TRANSITION_REASONS = [
  'breach_began',
  'breach_lasted',
  'worse_lasted',
  'worse_ended',
  'breach_ended',
  'no_data',
  'rule_disabled',
  /** Whatever it was put down to is over, and it still fires. */
  'inhibition_ended',
] as const;
export type TransitionReason = (typeof TRANSITION_REASONS)[number];

/** What an alert is put down to. */
export const DIAGNOSES = ['stuck_or_crashed', 'host_down', 'host_unknown', 'looping', 'over_budget'] as const;
export const diagnosisSchema = z.object({
  cause: z.enum(DIAGNOSES),
  /** A sentence for people. */
  text: z.string(),
});
export type Diagnosis = z.infer<typeof diagnosisSchema>;
/** A task in progress of an agent that an alert is about. */
export const taskAtRiskSchema = z.object({
  task_id: z.string(),
  name: z.string().nullable(),
  workflow_id: z.string().nullable(),
  agent_id: z.string(),
});
export type TaskAtRisk = z.infer<typeof taskAtRiskSchema>;
/** Tasks at risk that one alert lists at most. */
export const MAX_TASKS_AT_RISK = 20;

export const alertSchema = z.object({
  id: z.number().int(),
  rule_id: z.string(),
  rule_name: z.string(),
  set: z.enum(WATCHED_SETS),
  /** The agent, model or host; `all` for the fleet and the pipeline. */
  key: z.string(),
  state: z.enum(['pending', 'firing', 'resolved']),
  severity: severitySchema,
  /** At the last change of state; null where there was no data. */
  value: z.number().nullable(),
  reason: z.enum(TRANSITION_REASONS),
  labels: z.record(z.string(), z.string()),
  /** Templates of the rule, filled. */
  annotations: z.record(z.string(), z.string()),
  runbook_url: z.string().nullable(),
  owner: z.string().nullable(),
  began_at: z.number(),
  fired_at: z.number().nullable(),
  resolved_at: z.number().nullable(),
  acknowledged_at: z.number().nullable(),
  acknowledged_by: z.string().nullable(),
  /** Of a rule in shadow: nobody was told. */
  shadow: z.boolean(),
  /** The alert that this one follows from, which is why nobody was told of it. */
  inhibited_by: z.number().int().nullable(),
  /** As it was when the alert began to fire. */
  diagnosis: diagnosisSchema.nullable(),
  tasks_at_risk: z.array(taskAtRiskSchema),
});
export type Alert = z.infer<typeof alertSchema>;

/** How alerts of a rule changed. */
const ALERT_NEWS = ['firing', 'escalated', 'eased', 'resolved'] as const;
export type AlertNews = (typeof ALERT_NEWS)[number];

/** What happened to tasks and suggestions, and who was spoken to. */
const WORK_NEWS = ['task_completed', 'task_failed', 'task_overdue', 'suggestion_created', 'mentioned'] as const;
export type WorkNews = (typeof WORK_NEWS)[number];

/** What is told in the dashboard: about alerts of one rule that changed together, or about a subject. */
export const notificationSchema = z.object({
  id: z.number().int(),
  at: z.number(),
  severity: severitySchema,
  kind: z.enum([...ALERT_NEWS, ...WORK_NEWS]),
  /** At most 80 characters. */
  title: z.string(),
  /** Further lines, possibly none. */
  body: z.string(),
  /** Null where it is not about alerts. */
  rule_id: z.string().nullable(),
  alert_ids: z.array(z.number().int()),
  /** What it is about; null where it is about alerts, or about several at once. */
  subject: z.object({ type: z.enum(['task', 'suggestion', 'incident']), id: z.string() }).nullable(),
  /** The user whom it is for; null: everybody. */
  recipient: z.string().nullable(),
  /** When whoever asks has read it; null: not yet, and always so in live messages. */
  read_at: z.number().nullable(),
});
export type Notification = z.infer<typeof notificationSchema>;

/** Tells somebody's other pages, and nobody else's, that they have read some: ask again. */
export const notificationsReadSchema = z.object({ reader: z.string() });
