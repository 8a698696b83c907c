import * as z from 'zod';
import { listSchema, storedEventSchema } from '@fleetbeat/contracts/api.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { pageFields } from '../http/cursor.ts';
import { route, type Route } from '../http/route.ts';
import { idField, searchField } from '../http/text-fields.ts';
import { rangeFields } from '../http/time-range.ts';
import { EVENT_BLOCK_TYPES } from './event-types.ts';
import type { EventsReadModel } from './read-model.ts';

const eventsQuery = z
  .object({
    message_type: z.enum(EVENT_BLOCK_TYPES).optional(),
    from: rangeFields.from.describe('Epoch milliseconds or RFC 3339; as far back as events are kept where it is missing'),
    to: rangeFields.to.describe('Epoch milliseconds or RFC 3339, exclusive; no end where it is missing'),
    q: searchField.optional().describe("Part of the event's JSON text, whatever its case"),
    ...pageFields,
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, { path: ['from'], message: 'lies after to' });

const DESCRIPTION =
  'Newest first by their own time. A search that has read much without filling its page ends early: an answer with few or no ' +
  'items and a `next_cursor` means that there is more to search.';

export function eventRoutes(events: EventsReadModel): Route[] {
  const answer = listSchema(storedEventSchema);
  return [
    route(
      'get',
      '/events',
      { summary: 'Raw events of the fleet', description: DESCRIPTION, query: eventsQuery, answer },
      async ({ query }) => events.list({ ...query, type: query.message_type }),
    ),
    route(
      'get',
      '/agents/{agent_id}/events',
      {
        summary: 'Raw events of one agent',
        description: DESCRIPTION,
        params: z.object({ agent_id: idField }),
        query: eventsQuery,
        answer,
      },
      async ({ params, query }) => {
        if (!(await events.knowsAgent(params.agent_id))) {
          throw new HttpProblem(404, 'unknown-agent', 'no agent of this id has ever been seen');
        }
        return events.list({ ...query, type: query.message_type, agentId: params.agent_id });
      },
    ),
  ];
}
