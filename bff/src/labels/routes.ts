import * as z from 'zod';
import { carriedLabelSchema, type CarriedLabel } from '@fleetbeat/contracts/api.ts';
import { route, type Route } from '../http/route.ts';

export function labelRoutes(list: () => Promise<CarriedLabel[]>): Route[] {
  return [
    route(
      'get',
      '/labels',
      {
        summary: 'Labels that agents and hosts carry, and by how many each',
        description: 'The 50 values of each that most carry.',
        answer: z.object({ items: z.array(carriedLabelSchema) }),
      },
      async () => ({ items: await list() }),
    ),
  ];
}
