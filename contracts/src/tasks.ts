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
});
export type Task = z.infer<typeof taskSchema>;
