import * as z from 'zod';

/** What changed most between two equally long stretches of time, one after the other. */

/** Whose figures are compared: of the fleet its kinds of messages. */
export const MOVER_SETS = ['fleet', 'model', 'agent'] as const;
export const MOVER_MEASURES = [
  'total_messages',
  'error_rate',
  'average_response_time',
  'total_cost_usd',
  'total_user_messages',
  'total_responses',
  'total_tool_calls',
  'total_errors',
  'total_feedback',
] as const;

export const moverSchema = z.object({
  set: z.enum(MOVER_SETS),
  /** The agent or model; `all` for the fleet. */
  key: z.string(),
  measure: z.enum(MOVER_MEASURES),
  now: z.number(),
  before: z.number(),
});
export type Mover = z.infer<typeof moverSchema>;

export const moversSchema = z.object({
  /** The later stretch, in whole windows; the earlier one is as long and ends where it begins. Epoch milliseconds. */
  from: z.number(),
  to: z.number(),
  /** Whether the fleet, or the scope, has sent anything in the earlier stretch: else there is nothing to compare with. */
  comparable: z.boolean(),
  /** Those that changed most first; one measure of each key. */
  items: z.array(moverSchema),
  /** Sets that have sent too much to be compared here. */
  left_out: z.array(z.enum(MOVER_SETS)),
});
export type Movers = z.infer<typeof moversSchema>;
