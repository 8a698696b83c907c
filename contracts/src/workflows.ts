import * as z from 'zod';
import { idSchema, TASK_PRIORITIES, TASK_STATUSES } from './events.ts';
import { LEASE_OUTCOMES } from './task-leases.ts';
import { dispatchFields, MAX_DEPENDENCIES } from './task-input.ts';
import { linesSchema, nameSchema } from './text.ts';

/** Tasks that belong together, some of which wait for others. Times are epoch milliseconds. */

export const WORKFLOW_STATUSES = ['running', 'completed', 'failed', 'cancelled'] as const;
export type WorkflowStatus = (typeof WORKFLOW_STATUSES)[number];

export const workflowSchema = z.object({
  workflow_id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  /** Computed from its tasks: `failed` once some have failed and nothing is left that could run. */
  status: z.enum(WORKFLOW_STATUSES),
  /** Share of its tasks that are completed, in percent; cancelled ones do not count. */
  progress: z.number(),
  /** Its tasks by status; `waiting` are those pending that wait for others. */
  tasks: z.object({
    total: z.number().int(),
    pending: z.number().int(),
    waiting: z.number().int(),
    in_progress: z.number().int(),
    completed: z.number().int(),
    failed: z.number().int(),
    cancelled: z.number().int(),
  }),
  /** The template that it is a run of. */
  template_id: z.string().nullable(),
  created_at: z.number(),
  /** Null where a task's event named it first. */
  created_by: z.string().nullable(),
  started_at: z.number().nullable(),
  /** Null while it runs. */
  ended_at: z.number().nullable(),
  revision: z.number().int(),
});
export type Workflow = z.infer<typeof workflowSchema>;

/** One bar of a Gantt chart: an attempt. `to` is null while it lasts, `outcome` until it has ended. */
const spanSchema = z.object({
  from: z.number(),
  to: z.number().nullable(),
  agent_id: z.string().nullable(),
  outcome: z.enum(LEASE_OUTCOMES).nullable(),
});

/** The rows of a Gantt chart, in the order in which they began. */
export const timelineSchema = z.object({
  workflow: workflowSchema,
  /** Where the chart begins and, as far as is known, ends. */
  from: z.number(),
  to: z.number(),
  rows: z.array(
    z.object({
      task_id: z.string(),
      name: z.string().nullable(),
      status: z.enum(TASK_STATUSES),
      priority: z.enum(TASK_PRIORITIES),
      agent_id: z.string().nullable(),
      due_date: z.number().nullable(),
      depends_on: z.array(z.string()),
      waiting_for: z.number().int(),
      created_at: z.number(),
      spans: z.array(spanSchema),
    }),
  ),
  /** It has more tasks than are shown. */
  truncated: z.boolean(),
});
export type Timeline = z.infer<typeof timelineSchema>;

/** A task of a workflow to be made. `key` is how the others of the same request name it. */
export const plannedTaskSchema = z.strictObject({
  key: idSchema,
  name: nameSchema,
  description: linesSchema.nullable().default(null),
  priority: z.enum(TASK_PRIORITIES).default('medium'),
  capabilities: dispatchFields.capabilities.default([]),
  max_attempts: dispatchFields.max_attempts.default(3),
  timeout_seconds: dispatchFields.timeout_seconds.default(null),
  due_in_seconds: z.number().int().min(1).max(31_536_000).nullable().default(null).describe('After the start'),
  depends_on: z
    .array(idSchema)
    .max(MAX_DEPENDENCIES)
    .transform((keys) => [...new Set(keys)])
    .default([])
    .describe('Keys of tasks that must be completed first'),
});
export type PlannedTask = z.output<typeof plannedTaskSchema>;

/** Tasks that one request may plan. */
export const MAX_PLANNED_TASKS = 500;
const plan = z.array(plannedTaskSchema).max(MAX_PLANNED_TASKS);

export const newWorkflowSchema = z.strictObject({
  workflow_id: idSchema.optional(),
  name: nameSchema,
  description: linesSchema.nullable().default(null),
  tasks: plan.default([]),
});
export type NewWorkflow = z.output<typeof newWorkflowSchema>;

export const workflowPatchSchema = z
  .strictObject({ name: nameSchema, description: linesSchema.nullable() })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'names nothing to change');
export type WorkflowPatch = z.output<typeof workflowPatchSchema>;

export const templateSchema = z.object({
  template_id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  tasks: z.array(plannedTaskSchema),
  created_at: z.number(),
  created_by: z.string(),
  updated_at: z.number(),
  revision: z.number().int(),
});
export type Template = z.output<typeof templateSchema>;

export const templateInputSchema = z.strictObject({
  name: nameSchema,
  description: linesSchema.nullable().default(null),
  tasks: plan.min(1),
});
export type TemplateInput = z.output<typeof templateInputSchema>;

/** What a run of a template is called; the template's own name unless given. */
export const runTemplateSchema = z.strictObject({ workflow_id: idSchema, name: nameSchema }).partial();
export type RunTemplate = z.output<typeof runTemplateSchema>;
