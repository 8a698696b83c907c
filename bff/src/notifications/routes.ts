import * as z from 'zod';
import { notificationSchema } from '@fleetbeat/contracts/alerts.ts';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import { preferencesSchema, type Preferences } from '@fleetbeat/contracts/notification-preferences.ts';
import type { Asker } from '@fleetbeat/infra/audit/record-change.ts';
import type { Request } from 'express';
import { askerOf } from '../access/asker.ts';
import { ownerOf, whoSent } from '../access/authenticated.ts';
import { pageFields } from '../http/cursor.ts';
import { route, type Route } from '../http/route.ts';
import type { MarkRead } from './mark-read.ts';
import type { NotificationsReadModel } from './read-model.ts';
import type { Reader } from './shown-to.ts';

const id = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const readSchema = z.union([z.strictObject({ ids: z.array(id).min(1).max(500) }), z.strictObject({ up_to: id })], {
  error: 'must be {"ids": [1 to 500 ids]} or {"up_to": id}',
});

const unread = z
  .enum(['true', 'false', ''])
  .optional()
  .describe('Only what whoever asks has not read')
  .transform((value) => value === 'true' || value === '');

export interface NotificationParts {
  readonly list: NotificationsReadModel;
  readonly markRead: MarkRead;
  readonly readPreferences: (owner: string) => Promise<Preferences>;
  readonly writePreferences: (asker: Asker, owner: string, preferences: Preferences) => Promise<void>;
}

export function notificationRoutes({ list, markRead, readPreferences, writePreferences }: NotificationParts): Route[] {
  const readerSending = async (request: Request): Promise<Reader> => {
    const id = ownerSending(request);
    return { id, preferences: await readPreferences(id) };
  };
  return [
    route(
      'get',
      '/notifications',
      {
        summary: 'What was told, the newest first',
        description:
          'What whoever asks wants to see (`PUT /notifications/preferences`), and is not for somebody else. `read_at`: when they have read it.',
        query: z.object({ unread, ...pageFields }),
        answer: listSchema(notificationSchema),
      },
      async ({ query, request }) => list({ ...query, reader: await readerSending(request) }),
    ),
    route(
      'post',
      '/notifications/read',
      {
        summary: 'Mark notifications as read, for whoever asks alone',
        description:
          'Of these, or of all up to one, what `GET /notifications` shows them. Answers how many they had not read before.',
        body: readSchema,
        answer: z.object({ read: z.number().int() }),
      },
      async ({ body, request }) => ({ read: await markRead(await readerSending(request), body) }),
    ),
    route(
      'get',
      '/notifications/preferences',
      { summary: 'What whoever asks wants to see in the dashboard', answer: preferencesSchema },
      async ({ request }) => readPreferences(ownerSending(request)),
    ),
    route(
      'put',
      '/notifications/preferences',
      {
        summary: 'Say what you want to see in the dashboard',
        description:
          'For whoever asks alone: in lists and over sockets. What is left out is as it is for everybody who has said nothing. What goes out over channels stays as it is.',
        body: preferencesSchema,
        answer: preferencesSchema,
      },
      async ({ body, request, response }) => {
        await writePreferences(askerOf(request, response), ownerSending(request), body);
        return body;
      },
    ),
  ];
}

function ownerSending(request: Request): string {
  const who = whoSent(request);
  return who === null ? '' : ownerOf(who);
}
