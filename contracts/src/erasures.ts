import * as z from 'zod';
import { idSchema } from './events.ts';

/** Erasing what is kept of one user: of whom an event is, it says in `user_id`. */

export const ERASURE_STATES = ['queued', 'running', 'done', 'failed'] as const;

/** In the body, not in the path: paths are logged on the way. */
export const erasureRequestSchema = z.strictObject({ user_id: idSchema });

export const erasureSchema = z.object({
  id: z.number().int(),
  /** A keyed hash of the user's id: the same for the same user, and of no use to others. */
  subject: z.string(),
  state: z.enum(ERASURE_STATES),
  requested_by: z.string(),
  /** Why it failed or was tried again. */
  reason: z.string().nullable(),
  attempts: z.number().int(),
  /** What happened up to then is erased, whenever it comes. */
  covers_until: z.number(),
  /** By then nothing more can come that happened before. */
  watched_until: z.number(),
  /** By then the event log has nothing left of it, where it keeps records as long as is configured. */
  log_until: z.number(),
  created_at: z.number(),
  started_at: z.number().nullable(),
  ended_at: z.number().nullable(),
  /** Blocks of raw events to look through, and those looked through. */
  blocks: z.number(),
  blocks_read: z.number(),
  /** What was erased: raw events, dead letters, and events that came later. */
  raw_events: z.number(),
  dead_letters: z.number(),
  late_events: z.number(),
});
export type Erasure = z.infer<typeof erasureSchema>;
