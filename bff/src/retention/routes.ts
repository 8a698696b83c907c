import { retentionSchema } from '@fleetbeat/contracts/retention.ts';
import { route, type Route } from '../http/route.ts';
import type { ReadRetention } from './read-retention.ts';

export function retentionRoutes(readRetention: ReadRetention): Route[] {
  return [
    route(
      'get',
      '/retention',
      {
        summary: 'How long each kind of data is kept, and how much of it there is',
        description:
          'Set by variables of the environment. Rows are estimates of Postgres; what is stored elsewhere has no size here.',
        access: 'admin',
        answer: retentionSchema,
      },
      async () => ({ items: await readRetention() }),
    ),
  ];
}
