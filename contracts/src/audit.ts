import * as z from 'zod';

/** One change that somebody made. Written with the change itself, never altered. */
export const auditEntrySchema = z.object({
  id: z.number().int(),
  /** Epoch milliseconds. */
  at: z.number(),
  entity_type: z.string(),
  entity_id: z.string(),
  /** What people call it now, or called it last; null: it has no name that anybody knows. */
  entity_name: z.string().nullable(),
  entity_exists: z.boolean(),
  action: z.string(),
  actor_id: z.string(),
  actor_type: z.string(),
  /** Of each field that changed: what it was and what it is. */
  changes: z.record(z.string(), z.object({ before: z.unknown(), after: z.unknown() })),
  request_id: z.string().nullable(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;
