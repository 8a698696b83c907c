import * as z from 'zod';
import {
  deadLetterSchema,
  listSchema,
  replayedLetterSchema,
  replayedLettersSchema,
  wholeDeadLetterSchema,
} from '@fleetbeat/contracts/api.ts';
import { EVENT_TOPICS } from '@fleetbeat/contracts/events.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { pageFields } from '../http/cursor.ts';
import { route, type Route } from '../http/route.ts';
import { searchField } from '../http/text-fields.ts';
import type { DeadLettersReadModel, LetterPlace } from './read-model.ts';
import type { Replay } from './replay.ts';

const deadLettersQuery = z.object({
  code: searchField.optional().describe('Only letters with this code'),
  topic: z.enum(EVENT_TOPICS).optional(),
  ...pageFields,
});

const letterParams = z.object({
  dead_letter_id: z.string().regex(/^\d{1,5}-\d{1,15}-\d{1,9}$/, 'must be source-offset-position, as the list tells it'),
});

const replayOne = z.object({
  event: z.record(z.string(), z.unknown()).optional().describe('What the letter should have said; its own bytes where missing'),
});

const replayMany = z.object({
  code: searchField.optional().describe('Only letters with this code'),
  topic: z.enum(EVENT_TOPICS).optional(),
  limit: z.number().int().min(1).max(1_000).default(100).describe('Letters replayed at most, 1 to 1,000'),
  cursor: pageFields.cursor,
});

export function deadLetterRoutes(letters: DeadLettersReadModel, replay: Replay): Route[] {
  return [
    route(
      'get',
      '/dead-letters',
      { summary: 'What could not be processed, newest first', query: deadLettersQuery, answer: listSchema(deadLetterSchema) },
      async ({ query }) => letters.list(query),
    ),
    route(
      'get',
      '/dead-letters/{dead_letter_id}',
      { summary: 'One dead letter with all its bytes', params: letterParams, answer: wholeDeadLetterSchema },
      async ({ params }) => (await letters.find(placeOf(params.dead_letter_id))) ?? unknownLetter(),
    ),
    route(
      'post',
      '/dead-letters/{dead_letter_id}/replay',
      {
        summary: 'Put a dead letter into the log again, corrected where `event` says so',
        description:
          'The event keeps its id or gets one made from the letter, so that it counts once however often it is replayed. ' +
          '409 where it was replayed before (unless `again`) or where its time is out of the accepted range by now; ' +
          '422 where it still is not valid.',
        access: 'operate',
        params: letterParams,
        query: z.object({ again: z.enum(['true', 'false']).default('false') }),
        body: replayOne,
        answer: replayedLetterSchema,
      },
      async ({ params, query, body }) =>
        (await replay.one(placeOf(params.dead_letter_id), body.event, query.again === 'true')) ?? unknownLetter(),
    ),
    route(
      'post',
      '/dead-letters/replay',
      {
        summary: 'Put all dead letters into the log again that are valid as they are by now, oldest first',
        description:
          'Letters that were replayed before are left out. A request looks at some 2,000 letters: go on at `next_cursor`.',
        access: 'operate',
        body: replayMany,
        answer: replayedLettersSchema,
      },
      async ({ body }) => replay.many(body),
    ),
  ];
}

function placeOf(id: string): LetterPlace {
  const [source = -1, offset = -1, position = -1] = id.split('-').map(Number);
  return { source, offset, position };
}

function unknownLetter(): never {
  throw new HttpProblem(404, 'unknown-dead-letter', 'there is no dead letter of this id, or not any more');
}
