import * as z from 'zod';
import { notificationSchema } from '@fleetbeat/contracts/alerts.ts';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import { actorOf } from '../access/actor.ts';
import { pageFields } from '../http/cursor.ts';
import { route, type Route } from '../http/route.ts';
import type { MarkRead } from './mark-read.ts';
import type { NotificationsReadModel } from './read-model.ts';

const id = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const readSchema = z.union([z.strictObject({ ids: z.array(id).min(1).max(500) }), z.strictObject({ up_to: id })], {
  error: 'must be {"ids": [1 to 500 ids]} or {"up_to": id}',
});

const unread = z
  .enum(['true', 'false', ''])
  .optional()
  .describe('Only what nobody has read')
  .transform((value) => value === 'true' || value === '');

export function notificationRoutes(list: NotificationsReadModel, markRead: MarkRead): Route[] {
  return [
    route(
      'get',
      '/notifications',
      {
        summary: 'What was told, the newest first',
        query: z.object({ unread, ...pageFields }),
        answer: listSchema(notificationSchema),
      },
      async ({ query, caller }) => list({ ...query, reader: caller.id }),
    ),
    route(
      'post',
      '/notifications/read',
      {
        summary: 'Mark notifications as read, for everybody whom they are for',
        access: 'operate',
        body: readSchema,
        answer: z.object({ read: z.number().int() }),
      },
      async ({ body, caller, request }) => ({ read: await markRead({ id: caller.id, name: actorOf(request).id }, body) }),
    ),
  ];
}
