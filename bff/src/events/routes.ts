import * as z from 'zod';
import { agentSessionsSchema, listSchema, storedEventSchema } from '@fleetbeat/contracts/api.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { pageFields } from '../http/cursor.ts';
import { route, type Route } from '../http/route.ts';
import { idField, searchField } from '../http/text-fields.ts';
import { rangeFields } from '../http/time-range.ts';
import { EVENT_BLOCK_TYPES } from './event-types.ts';
import type { EventsReadModel } from './read-model.ts';

const spanFields = {
  from: rangeFields.from.describe('Epoch milliseconds or RFC 3339; as far back as events are kept where it is missing'),
  to: rangeFields.to.describe('Epoch milliseconds or RFC 3339, exclusive; no end where it is missing'),
};
const isSpan = ({ from, to }: { from?: number | undefined; to?: number | undefined }) =>
  from === undefined || to === undefined || from <= to;
const NO_SPAN = { path: ['from'], message: 'lies after to' };

const eventsQuery = z
  .object({
    message_type: z.enum(EVENT_BLOCK_TYPES).optional(),
    session_id: idField.optional(),
    ...spanFields,
    q: searchField.optional().describe("Part of the event's JSON text, whatever its case"),
    ...pageFields,
  })
  .refine(isSpan, NO_SPAN);
const sessionsQuery = z.object({ ...spanFields, limit: pageFields.limit }).refine(isSpan, NO_SPAN);
const params = z.object({ agent_id: idField });

const DESCRIPTION =
  'Newest first by their own time. A search that has read much without filling its page ends early: an answer with few or no ' +
  'items and a `next_cursor` means that there is more to search.';

export function eventRoutes(events: EventsReadModel): Route[] {
  const answer = listSchema(storedEventSchema);

  async function known(agentId: string): Promise<string> {
    if (await events.knowsAgent(agentId)) return agentId;
    throw new HttpProblem(404, 'unknown-agent', 'no agent of this id has ever been seen');
  }

  return [
    route(
      'get',
      '/events',
      { summary: 'Raw events of the fleet', description: DESCRIPTION, query: eventsQuery, answer },
      async ({ query }) => events.list({ ...query, type: query.message_type, sessionId: query.session_id }),
    ),
    route(
      'get',
      '/agents/{agent_id}/events',
      {
        summary: 'Raw events of one agent',
        description: DESCRIPTION,
        params,
        query: eventsQuery,
        answer,
      },
      async ({ params: { agent_id: id }, query }) =>
        events.list({ ...query, type: query.message_type, sessionId: query.session_id, agentId: await known(id) }),
    ),
    route(
      'get',
      '/agents/{agent_id}/sessions',
      {
        summary: 'Sessions of one agent',
        description:
          'What its raw events name by `session_id`, the one that had an event last first. Figures are of the events in the range ' +
          'alone. Where there is much to read it ends early, and `read_from` tells since when everything is counted.',
        params,
        query: sessionsQuery,
        answer: agentSessionsSchema,
      },
      async ({ params: { agent_id: id }, query }) => events.sessions(await known(id), query),
    ),
  ];
}
