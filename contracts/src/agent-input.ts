import * as z from 'zod';
import { linesSchema, nameSchema, wordSchema } from './text.ts';

/** What people may say about an agent; the fields that are absent stay as they are. */
export const agentPatchSchema = z
  .strictObject({
    name: nameSchema.nullable().describe('null: as it calls itself'),
    tags: z
      .array(wordSchema)
      .max(32)
      .transform((tags) => [...new Set(tags)]),
    notes: linesSchema.nullable(),
    paused: z.boolean().describe('A paused agent is given no tasks'),
  })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'names nothing to change');
export type AgentPatch = z.output<typeof agentPatchSchema>;
