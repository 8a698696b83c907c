import * as z from 'zod';
import { severitySchema } from './alerts.ts';

/** How agents and hosts were over time, and which alerts were about them. Times are epoch milliseconds. */

export const STATUS_SETS = ['agent', 'host'] as const;
export type StatusSet = (typeof STATUS_SETS)[number];
/** Keys of one question. */
export const MAX_STATUS_KEYS = 20;

/** `active`: it sent messages; `online`: it gave signs of life alone; `offline`: it was silent for longer than its limit. */
export const STATUS_STATES = ['active', 'online', 'offline', 'pending', 'firing'] as const;

export const statusSpanSchema = z.object({
  from: z.number(),
  to: z.number(),
  state: z.enum(STATUS_STATES),
  /** Of an alert. */
  severity: severitySchema.nullable(),
});
export type StatusSpan = z.infer<typeof statusSpanSchema>;

/** One band: spans in order, apart where nothing is known. */
export const statusBandSchema = z.object({
  kind: z.enum(['status', 'alert']),
  /** The agent or host. */
  key: z.string(),
  /** The rule, of an alert. */
  rule: z.string().nullable(),
  spans: z.array(statusSpanSchema),
});
export type StatusBand = z.infer<typeof statusBandSchema>;

export const statusTimelineSchema = z.object({
  from: z.number(),
  to: z.number(),
  /** What is shorter than this is not seen, in milliseconds. */
  step_ms: z.number(),
  bands: z.array(statusBandSchema),
  /** There were more changes of alerts than are told. */
  more_alerts: z.boolean(),
});
export type StatusTimeline = z.infer<typeof statusTimelineSchema>;
