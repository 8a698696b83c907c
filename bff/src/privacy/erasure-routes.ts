import * as z from 'zod';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import { erasureRequestSchema, erasureSchema, type Erasure } from '@fleetbeat/contracts/erasures.ts';
import { ERASURE_COLUMNS } from '@fleetbeat/infra/erasure/erasure-rows.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { askerOf } from '../access/asker.ts';
import { pageFields } from '../http/cursor.ts';
import type { ReadQuery } from '../http/read-query.ts';
import { route, type Route } from '../http/route.ts';
import { createRowsById } from '../http/rows-by-id.ts';
import type { RequestErasure } from './erasure-changes.ts';

const params = z.object({ erasure_id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) });

export function erasureRoutes(query: ReadQuery, requestErasure: RequestErasure): Route[] {
  const erasures = createRowsById<Erasure>(query, { name: 'erasures', columns: ERASURE_COLUMNS });

  async function found(id: number): Promise<Erasure> {
    const erasure = await erasures.find(id);
    if (erasure === null) throw new HttpProblem(404, 'unknown-erasure', 'there is no erasure of this id');
    return erasure;
  }

  return [
    route(
      'get',
      '/erasures',
      {
        summary: 'Erasures of users, the newest first',
        access: 'admin',
        query: z.object(pageFields),
        answer: listSchema(erasureSchema),
      },
      async ({ query: page }) => erasures.list(page),
    ),
    route(
      'get',
      '/erasures/{erasure_id}',
      { summary: 'An erasure: its state and what was erased', access: 'admin', params, answer: erasureSchema },
      async ({ params: { erasure_id: id } }) => found(id),
    ),
    route(
      'post',
      '/erasures',
      {
        summary: 'Erase the events of a user',
        description:
          'Of events whose `user_id` is this, raw events and dead letters are erased, also those that happened before and come ' +
          'later. Aggregates stay: they hold no content, and know users by a hash. The event log drops its records as they ' +
          'grow old. The answer comes at once, the jobs service begins within seconds. 409 while the same user is being erased.',
        access: 'admin',
        body: erasureRequestSchema,
        answer: erasureSchema,
        status: 202,
      },
      async ({ body, request, response }) => found(await requestErasure(askerOf(request, response), body.user_id)),
    ),
  ];
}
