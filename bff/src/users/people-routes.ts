import * as z from 'zod';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import { personSchema } from '@fleetbeat/contracts/users.ts';
import { pageFields } from '../http/cursor.ts';
import { route, type Route } from '../http/route.ts';
import { searchField } from '../http/text-fields.ts';
import type { UsersReadModel } from './read-model.ts';

/** Who is who, for everybody: whom an incident can be given to, and who is meant by an id. */
export function peopleRoutes(users: UsersReadModel): Route[] {
  return [
    route(
      'get',
      '/people',
      {
        summary: 'People with an account, by e-mail address: no more than who they are',
        query: z.object({ q: searchField.optional().describe('Part of the name or the address'), ...pageFields }),
        answer: listSchema(personSchema),
      },
      async ({ query }) => {
        const { items, next_cursor } = await users.list(query);
        return {
          items: items.map(({ id, name, email, disabled_at }) => ({ id, name, email, disabled: disabled_at !== null })),
          next_cursor,
        };
      },
    ),
  ];
}
