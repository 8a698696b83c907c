import * as z from 'zod';
import { deadLetterSchema, listSchema } from '@fleetbeat/contracts/api.ts';
import { EVENT_TOPICS } from '@fleetbeat/contracts/events.ts';
import { pageFields } from '../http/cursor.ts';
import { route, type Route } from '../http/route.ts';
import { searchField } from '../http/text-fields.ts';
import type { DeadLettersReadModel } from './read-model.ts';

const deadLettersQuery = z.object({
  code: searchField.optional().describe('Only letters with this code'),
  topic: z.enum(EVENT_TOPICS).optional(),
  ...pageFields,
});

export function deadLetterRoutes(list: DeadLettersReadModel): Route[] {
  return [
    route(
      'get',
      '/dead-letters',
      { summary: 'What could not be processed, newest first', query: deadLettersQuery, answer: listSchema(deadLetterSchema) },
      async ({ query }) => list(query),
    ),
  ];
}
