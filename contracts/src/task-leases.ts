import * as z from 'zod';
import { idSchema } from './events.ts';
import { resultSchema } from './task-input.ts';
import { taskSchema } from './tasks.ts';
import { linesSchema, wordSchema } from './text.ts';

/**
 * How agents take tasks from the board: a task is claimed for a while, kept by heartbeats, and completed or failed by
 * whoever holds its lease. A lease that has run out gives the task back.
 */

/** How a lease ended. `returned`: given back unharmed, or taken away by a person. */
export const LEASE_OUTCOMES = ['completed', 'failed', 'cancelled', 'returned', 'expired', 'timed_out'] as const;
export type LeaseOutcome = (typeof LEASE_OUTCOMES)[number];

/** Shortest, usual and longest time without a heartbeat, in seconds. */
export const LEASE_SECONDS = { min: 1, default: 60, max: 3_600 } as const;
/** Tasks that one request may claim. */
export const MAX_CLAIMS = 100;

const leaseSeconds = z.number().int().min(LEASE_SECONDS.min).max(LEASE_SECONDS.max);

export const claimSchema = z.strictObject({
  capabilities: z.array(wordSchema).max(64).optional().describe('As the agent has told by heartbeat, unless given'),
  limit: z.number().int().min(1).max(MAX_CLAIMS).default(1),
  lease_seconds: leaseSeconds.default(LEASE_SECONDS.default),
});
export type Claim = z.output<typeof claimSchema>;

/** Times are epoch milliseconds. */
export const leaseSchema = z.object({
  lease_token: z.string(),
  expires_at: z.number(),
  /** The attempt is given up then, whatever heartbeats say; null: never. */
  deadline: z.number().nullable(),
  attempt: z.number().int(),
});
export type Lease = z.infer<typeof leaseSchema>;

export const claimedSchema = z.object({
  items: z.array(z.object({ task: taskSchema, lease: leaseSchema })),
  /** The agent is given nothing as long as it is paused. */
  paused: z.boolean(),
});
export type Claimed = z.infer<typeof claimedSchema>;

const token = { lease_token: idSchema };

export const leaseHeartbeatSchema = z.strictObject({
  ...token,
  progress: z.number().min(0).max(100).optional().describe('Percent'),
});
export const completionSchema = z.strictObject({ ...token, result: resultSchema.optional() });
export const failureSchema = z.strictObject({
  ...token,
  error: linesSchema,
  retry: z.boolean().default(true).describe('false: no other attempt would do better'),
});
/** The agent gives the task back: it was not its fault, and the attempt does not count. */
export const releaseSchema = z.strictObject(token);
