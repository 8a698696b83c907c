import * as z from 'zod';
import { bodyTimeSchema } from './time-input.ts';

/** Recomputing: the rows of a range of event time, made from the event log again. */

export const RECOMPUTE_STATES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;

/** What is to be recomputed; rounded outward to hours. */
export const recomputeRequestSchema = z
  .strictObject({ from: bodyTimeSchema, to: bodyTimeSchema })
  .refine(({ from, to }) => from < to, { error: 'must lie before `to`', path: ['from'] });
export type RecomputeRequest = z.output<typeof recomputeRequestSchema>;

export const recomputeSchema = z.object({
  id: z.number().int(),
  state: z.enum(RECOMPUTE_STATES),
  /** Who runs it: the jobs service or a command line. */
  origin: z.enum(['api', 'command']),
  /** Whole hours of event time. */
  from: z.number(),
  to: z.number(),
  requested_by: z.string(),
  /** Why it failed or was tried again. */
  reason: z.string().nullable(),
  attempts: z.number().int(),
  created_at: z.number(),
  started_at: z.number().nullable(),
  ended_at: z.number().nullable(),
  /** Partitions of the log with events of the range, and those that are read. */
  sources: z.number().int(),
  sources_done: z.number().int(),
  /** Records of the log to read, and read so far. */
  records: z.number(),
  records_read: z.number(),
  /** Null before anything is read and, like the time that is left, where nothing is under way. */
  records_per_s: z.number().nullable(),
  remaining_ms: z.number().nullable(),
});
export type Recompute = z.infer<typeof recomputeSchema>;
