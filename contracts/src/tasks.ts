import * as z from 'zod';
import { TASK_PRIORITIES, TASK_STATUSES } from './events.ts';

/** A task as stored and answered. Times are epoch milliseconds. */
export const taskSchema = z.object({
  task_id: z.string(),
  name: z.string().nullable(),
  description: z.string().nullable(),
  status: z.enum(TASK_STATUSES),
  priority: z.enum(TASK_PRIORITIES),
  workflow_id: z.string().nullable(),
  agent_id: z.string().nullable(),
  due_date: z.number().nullable(),
  progress: z.number(),
  result: z.unknown(),
  error: z.string().nullable(),
  attempts: z.number().int(),
  created_at: z.number(),
  started_at: z.number().nullable(),
  completed_at: z.number().nullable(),
  duration_seconds: z.number().nullable(),
  /** Tasks of its workflow that must be completed first, and how many of them are not. */
  depends_on: z.array(z.string()),
  waiting_for: z.number().int(),
  /** What an agent must be able to do to be given it. */
  capabilities: z.array(z.string()),
  /** How often agents may try before it counts as failed, and for how long each time; null: as long as they are alive. */
  max_attempts: z.number().int(),
  timeout_seconds: z.number().nullable(),
  /** No agent is given it before; null: at once. */
  not_before: z.number().nullable(),
  /** Who made it through the API; null where an agent's event made it. */
  created_by: z.string().nullable(),
  /** Time of the newest change. */
  updated_at: z.number(),
  /** Grows with every write, whoever made it: the task's ETag. */
  revision: z.number().int(),
});
export type Task = z.infer<typeof taskSchema>;

/** How many tasks there are of each status; `more`: at least so many, for the counting was cut short. */
export const taskCountsSchema = z.object({
  items: z.array(z.object({ status: z.enum(TASK_STATUSES), tasks: z.number().int(), more: z.boolean() })),
});
export type TaskCounts = z.infer<typeof taskCountsSchema>;

/** A task that is gone. Its id is not used again. */
export const taskDeletedSchema = z.object({ task_id: z.string(), deleted_at: z.number() });
export type TaskDeleted = z.infer<typeof taskDeletedSchema>;
