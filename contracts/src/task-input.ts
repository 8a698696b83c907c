import * as z from 'zod';
import { idSchema, MAX_NESTING, TASK_PRIORITIES, TASK_STATUSES } from './events.ts';
import { DEFAULT_MAX_ATTEMPTS } from './task-state.ts';
import { linesSchema, nameSchema, wordSchema } from './text.ts';
import { bodyTimeSchema } from './time-input.ts';

/** What the API takes to make and change tasks. A field that is not named here is refused. */

/** `in-progress` is another way to write `in_progress`. */
export const taskStatusInputSchema = z
  .enum([...TASK_STATUSES, 'in-progress'])
  .transform((status) => (status === 'in-progress' ? 'in_progress' : status));

/** Any JSON that can be stored as it is. */
export const resultSchema = z
  .unknown()
  .refine(isStorable, `must be JSON of at most ${MAX_NESTING} levels, without zero characters and halves of surrogate pairs`);

const fields = {
  name: nameSchema,
  description: linesSchema.nullable(),
  status: taskStatusInputSchema,
  priority: z.enum(TASK_PRIORITIES),
  workflow_id: idSchema.nullable(),
  agent_id: idSchema.nullable().describe('An agent that has been seen'),
  due_date: bodyTimeSchema.nullable(),
  progress: z.number().min(0).max(100).describe('Percent'),
  error: linesSchema.nullable(),
};

/** How agents are to work on a task. */
export const dispatchFields = {
  capabilities: z
    .array(wordSchema)
    .max(32)
    .transform((words) => [...new Set(words)].sort())
    .describe('What an agent must be able to do'),
  max_attempts: z.number().int().min(1).max(100).describe('How often agents may try'),
  timeout_seconds: z.number().int().min(1).max(604_800).nullable().describe('How long one attempt may take'),
};

/** Tasks that one task may wait for. */
export const MAX_DEPENDENCIES = 100;
const dependsOn = z
  .array(idSchema)
  .max(MAX_DEPENDENCIES)
  .transform((ids) => [...new Set(ids)])
  .describe('Tasks of the same workflow that must be completed first');

/** A task to be made; without an id it is given a UUIDv7. */
export const newTaskSchema = z
  .strictObject({ task_id: idSchema, ...fields, result: resultSchema, ...dispatchFields, depends_on: dependsOn })
  .partial()
  .required({ name: true });
export type NewTask = z.output<typeof newTaskSchema>;

/** Everything that can be set: what is absent is emptied, but for status and progress, which stay as they are. */
export const taskReplacementSchema = z.strictObject({
  name: nameSchema,
  description: fields.description.default(null),
  status: fields.status.optional(),
  priority: fields.priority.default('medium'),
  workflow_id: fields.workflow_id.default(null),
  agent_id: fields.agent_id.default(null),
  due_date: fields.due_date.default(null),
  progress: fields.progress.optional(),
  error: fields.error.default(null),
  result: resultSchema.default(null),
  capabilities: dispatchFields.capabilities.default([]),
  max_attempts: dispatchFields.max_attempts.default(DEFAULT_MAX_ATTEMPTS),
  timeout_seconds: dispatchFields.timeout_seconds.default(null),
  depends_on: dependsOn.default([]),
});

/** The fields to change; the others stay as they are. */
export const taskPatchSchema = z
  .strictObject({ ...fields, result: resultSchema, ...dispatchFields, depends_on: dependsOn })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'names nothing to change');

export type TaskPatch = z.output<typeof taskPatchSchema>;

function isStorable(value: unknown): boolean {
  // Without recursion, which a deep value would end.
  const left: [part: unknown, depth: number][] = [[value, 0]];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [part, depth] = next;
    if (typeof part === 'string' && !isPlain(part)) return false;
    if (typeof part === 'number' && !Number.isFinite(part)) return false;
    if (typeof part !== 'object' || part === null) continue;
    if (depth === MAX_NESTING) return false;
    for (const [key, inner] of Object.entries(part)) {
      if (!isPlain(key)) return false;
      left.push([inner, depth + 1]);
    }
  }
  return true;
}

function isPlain(value: string): boolean {
  return value.isWellFormed() && !value.includes('\u0000');
}
