import * as z from 'zod';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import {
  emailSchema,
  invitationInputSchema,
  invitationSchema,
  passwordLinkSchema,
  userIdField,
  userPatchSchema,
  userRoleSchema,
  userSchema,
  userSessionSchema,
} from '@fleetbeat/contracts/users.ts';
import { askerOf } from '../access/asker.ts';
import { pageFields } from '../http/cursor.ts';
import { route, type Route } from '../http/route.ts';
import { searchField } from '../http/text-fields.ts';
import type { PasswordLinks } from './password-links.ts';
import type { UsersReadModel } from './read-model.ts';
import { unknownUser, type UserChanges } from './user-changes.ts';

const params = z.object({ user_id: userIdField });

/** Users and invitations, for administrators. */
export function userRoutes(users: UsersReadModel, changes: UserChanges, links: PasswordLinks): Route[] {
  const found = async (userId: string) => {
    const user = await users.find(userId);
    if (user === null) throw unknownUser();
    return user;
  };

  return [
    route(
      'get',
      '/users',
      {
        summary: 'People with an account, by e-mail address',
        access: 'admin',
        query: z.object({
          q: searchField.optional().describe('Part of the name or the address'),
          role: userRoleSchema.optional(),
          ...pageFields,
        }),
        answer: listSchema(userSchema),
      },
      async ({ query }) => users.list(query),
    ),
    route(
      'get',
      '/users/{user_id}',
      { summary: 'One user', access: 'admin', params, answer: userSchema },
      async ({ params: { user_id: userId } }) => found(userId),
    ),
    route(
      'patch',
      '/users/{user_id}',
      {
        summary: 'Change a role, disable somebody, or take away a second factor that was lost',
        description: 'Whoever is disabled is signed out everywhere. Nobody changes their own role.',
        access: 'admin',
        params,
        body: userPatchSchema,
        answer: userSchema,
      },
      async ({ params: { user_id: userId }, body, request, response }) => {
        await changes.update(askerOf(request, response), userId, body);
        return found(userId);
      },
    ),
    route(
      'delete',
      '/users/{user_id}',
      { summary: 'Delete an account', access: 'admin', params },
      async ({ params: { user_id: userId }, request, response }) => changes.remove(askerOf(request, response), userId),
    ),
    route(
      'post',
      '/users/{user_id}/password-link',
      {
        summary: 'A link by which somebody sets another password, once within a day',
        access: 'admin',
        params,
        answer: passwordLinkSchema,
        status: 201,
      },
      async ({ params: { user_id: userId }, request, response }) => links.reset(askerOf(request, response), userId),
    ),
    route(
      'get',
      '/users/{user_id}/sessions',
      {
        summary: 'Where somebody is signed in',
        access: 'admin',
        params,
        answer: z.object({ items: z.array(userSessionSchema) }),
      },
      async ({ params: { user_id: userId } }) => ({ items: await users.sessions((await found(userId)).id, null) }),
    ),
    route(
      'delete',
      '/users/{user_id}/sessions',
      { summary: 'Sign somebody out everywhere', access: 'admin', params },
      async ({ params: { user_id: userId }, request, response }) =>
        changes.endSessions(askerOf(request, response), userId, 'all'),
    ),
    route(
      'get',
      '/invitations',
      { summary: 'Who is invited', access: 'admin', answer: z.object({ items: z.array(invitationSchema) }) },
      async () => ({ items: await users.invitations() }),
    ),
    route(
      'post',
      '/invitations',
      {
        summary: 'A link by which somebody becomes a user, once within 7 days',
        description: 'Another invitation of the same address ends the first. The link is shown once: pass it on yourself.',
        access: 'admin',
        body: invitationInputSchema,
        answer: passwordLinkSchema,
        status: 201,
      },
      async ({ body, request, response }) => links.invite(askerOf(request, response), body),
    ),
    route(
      'delete',
      '/invitations/{email}',
      { summary: 'Withdraw an invitation', access: 'admin', params: z.object({ email: emailSchema }) },
      async ({ params: { email }, request, response }) => links.withdraw(askerOf(request, response), email),
    ),
  ];
}
