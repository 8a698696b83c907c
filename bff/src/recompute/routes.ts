import * as z from 'zod';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import { recomputeRequestSchema, recomputeSchema } from '@fleetbeat/contracts/recompute.ts';
import { askerOf } from '../access/asker.ts';
import { pageFields } from '../http/cursor.ts';
import { route, type Route } from '../http/route.ts';
import type { RecomputesReadModel } from './read-model.ts';
import { unknownRecompute, type RecomputeChanges } from './recompute-changes.ts';

const params = z.object({ recompute_id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) });

export function recomputeRoutes(recomputes: RecomputesReadModel, changes: RecomputeChanges): Route[] {
  const found = async (id: number) => {
    const recompute = await recomputes.find(id);
    if (recompute === null) throw unknownRecompute();
    return recompute;
  };

  return [
    route(
      'get',
      '/recomputes',
      { summary: 'Recomputes, the newest first', query: z.object(pageFields), answer: listSchema(recomputeSchema) },
      async ({ query }) => recomputes.list(query),
    ),
    route(
      'get',
      '/recomputes/{recompute_id}',
      { summary: 'A recompute: its state and how far it is', params, answer: recomputeSchema },
      async ({ params: { recompute_id: id } }) => found(id),
    ),
    route(
      'post',
      '/recomputes',
      {
        summary: 'Make the aggregates of a range of event time from the event log again',
        description:
          'The range is rounded outward to hours. The answer comes at once, the jobs service begins within seconds; what is ' +
          'shown changes when all is made, in all hours at once. 409 while another recompute is under way, and where the ' +
          'log no longer has every event of the range.',
        access: 'admin',
        body: recomputeRequestSchema,
        answer: recomputeSchema,
        status: 202,
      },
      async ({ body, request, response }) => found(await changes.add(askerOf(request, response), body)),
    ),
    route(
      'post',
      '/recomputes/{recompute_id}/cancel',
      {
        summary: 'Cancel a recompute that is under way',
        description: 'What is shown stays as it was. 409 where it is over.',
        access: 'admin',
        params,
        answer: recomputeSchema,
      },
      async ({ params: { recompute_id: id }, request, response }) => {
        await changes.cancel(askerOf(request, response), id);
        return found(id);
      },
    ),
  ];
}
