import * as z from 'zod';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import { auditEntrySchema } from '@fleetbeat/contracts/audit.ts';
import { pageFields } from '../http/cursor.ts';
import { route, type Route } from '../http/route.ts';
import { idField } from '../http/text-fields.ts';
import { rangeFields } from '../http/time-range.ts';
import type { AuditReadModel } from './read-model.ts';

const auditQuery = z
  .object({
    entity_type: idField.optional().describe('`task`'),
    entity_id: idField.optional(),
    action: z.enum(['created', 'updated', 'deleted', 'approved', 'rejected', 'expired']).optional(),
    actor_id: idField.optional(),
    request_id: idField.optional(),
    from: rangeFields.from.describe('Epoch milliseconds or RFC 3339'),
    to: rangeFields.to.describe('Epoch milliseconds or RFC 3339, exclusive'),
    ...pageFields,
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, { path: ['from'], message: 'lies after to' });

export function auditRoutes(audit: AuditReadModel): Route[] {
  return [
    route(
      'get',
      '/audit',
      {
        summary: 'Who changed what, the newest first',
        description: 'Holds what changed, also of what has been deleted since; therefore for admins alone.',
        access: 'admin',
        query: auditQuery,
        answer: listSchema(auditEntrySchema),
      },
      async ({ query }) => audit.list(query),
    ),
  ];
}
