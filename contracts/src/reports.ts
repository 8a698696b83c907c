import * as z from 'zod';
import { MAX_VARIABLES, variableNameSchema } from './dashboards.ts';
import { idSchema, labelsSchema } from './events.ts';
import { timeZoneSchema, WEEKDAYS } from './routing.ts';

/** Dashboards that are mailed as PDF again and again. Times are epoch milliseconds. */

export const REPORT_INTERVALS = ['daily', 'weekly', 'monthly'] as const;
/** What a report is about: so much time before it is due, in milliseconds. */
export const REPORT_SPANS = { '24h': 86_400_000, '7d': 7 * 86_400_000, '30d': 30 * 86_400_000 } as const;
export type ReportSpan = keyof typeof REPORT_SPANS;

/** Schedules of one dashboard at most. */
export const MAX_REPORT_SCHEDULES = 20;

export const reportScheduleInputSchema = z.strictObject({
  every: z.enum(REPORT_INTERVALS).default('weekly'),
  /** Of weekly reports. */
  weekday: z.enum(WEEKDAYS).default('mon'),
  /** Of monthly reports: a day that every month has. */
  day: z.number().int().min(1).max(28).default(1),
  /** By the clocks of the time zone, whatever daylight saving does. */
  at: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time like 08:00')
    .default('08:00'),
  time_zone: timeZoneSchema.default('UTC'),
  span: z.enum(['24h', '7d', '30d']).default('7d'),
  labels: labelsSchema.default({}).describe('Of what carries these alone; of everything where there are none'),
  variables: z
    .record(variableNameSchema, idSchema)
    .refine((variables) => Object.keys(variables).length <= MAX_VARIABLES, `at most ${MAX_VARIABLES}`)
    .default({})
    .describe('What variables of the dashboard stand for, where it is not what the dashboard says'),
  /** A channel of type email, whose server and sender are used; whom it writes to otherwise does not matter. */
  channel_id: idSchema,
  recipients: z.array(z.email('must be an e-mail address').max(320)).min(1, 'name at least one').max(50),
  enabled: z.boolean().default(true),
});
export type ReportScheduleInput = z.infer<typeof reportScheduleInputSchema>;

export const REPORT_RUN_STATES = ['queued', 'retrying', 'sent', 'failed'] as const;
export const reportRunSchema = z.object({
  due_at: z.number(),
  state: z.enum(REPORT_RUN_STATES),
  attempts: z.number().int(),
  /** Why the last attempt failed, or for whom it was refused. */
  reason: z.string().nullable(),
  sent_at: z.number().nullable(),
});

export const reportScheduleSchema = z.object({
  id: z.string(),
  dashboard_id: z.string(),
  ...reportScheduleInputSchema.shape,
  /** When the next one is due; null while it is switched off. */
  next_at: z.number().nullable(),
  /** The newest; null before the first. */
  last: reportRunSchema.nullable(),
  revision: z.number().int(),
  updated_at: z.number(),
  updated_by: z.string(),
});
export type ReportSchedule = z.infer<typeof reportScheduleSchema>;
