import type { Request, Response } from 'express';
import * as z from 'zod';
import { passwordSchema, personNameSchema, scopeSchema, userRoleSchema, userSessionSchema } from '@fleetbeat/contracts/users.ts';
import { recordChange, type Changes } from '@fleetbeat/infra/audit/record-change.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { askerOf } from '../access/asker.ts';
import { accountOf, whoSent } from '../access/authenticated.ts';
import type { Attempts } from '../access/attempts.ts';
import type { Change } from '../http/change.ts';
import { route, type Route } from '../http/route.ts';
import { idField } from '../http/text-fields.ts';
import type { Forward } from './forward.ts';
import type { UsersReadModel } from './read-model.ts';
import type { UserChanges } from './user-changes.ts';

const meSchema = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(scopeSchema),
  by: z.enum(['key', 'session', 'ticket']),
  /** Null for keys and for whoever came by a sign-in link. */
  account: z.object({ email: z.string(), role: userRoleSchema, two_factor_enabled: z.boolean() }).nullable(),
});

const currentPassword = z.string().min(1).max(128);
const totpAnswer = z.object({ totp_uri: z.string(), backup_codes: z.array(z.string()) });
const startedTotp = z.object({ totpURI: z.string(), backupCodes: z.array(z.string()) });

interface AccountParts {
  users: UsersReadModel;
  changes: UserChanges;
  change: Change;
  forward: Forward;
  attempts: Attempts;
}

/** What people do about their own account. Keys and sign-in links have none: problem `no-account`. */
export function accountRoutes({ users, changes, change, forward, attempts }: AccountParts): Route[] {
  async function me(request: Request): Promise<z.infer<typeof meSchema>> {
    const who = whoSent(request);
    if (who === null) throw new HttpProblem(401, 'not-signed-in', 'a key or a session is needed');
    const user = who.account === undefined ? null : await users.find(who.account.userId);
    return {
      id: who.caller.id,
      name: user?.name ?? who.caller.name,
      scopes: [...who.caller.scopes],
      by: who.by,
      account: user && { email: user.email, role: user.role, two_factor_enabled: user.two_factor_enabled },
    };
  }

  /** Has better-auth change something of the account, and writes down that it did: it commits by itself. */
  async function forwardChange(request: Request, response: Response, path: string, body: object, what: Changes) {
    const { userId } = accountOf(request);
    const answer = await attempts.count(request, userId, () => forward(request, response, 'POST', path, body));
    await change('users.account', (transaction) =>
      recordChange(transaction, {
        entityType: 'user',
        entityId: userId,
        action: 'updated',
        ...askerOf(request, response),
        changes: what,
      }),
    );
    return answer.body;
  }

  return [
    route('get', '/me', { summary: 'Who one is', access: 'anyone', answer: meSchema }, async ({ request }) => me(request)),
    route(
      'patch',
      '/me',
      { summary: 'Change the own name', body: z.strictObject({ name: personNameSchema }), answer: meSchema },
      async ({ body, request, response }) => {
        await changes.update(askerOf(request, response), accountOf(request).userId, body);
        return me(request);
      },
    ),
    route(
      'post',
      '/me/password',
      {
        summary: 'Change the own password; signs out everywhere else',
        body: z.strictObject({ current_password: currentPassword, new_password: passwordSchema }),
      },
      async ({ body, request, response }) => {
        const wanted = { currentPassword: body.current_password, newPassword: body.new_password, revokeOtherSessions: true };
        await forwardChange(request, response, '/change-password', wanted, { password: { before: 'old', after: 'new' } });
      },
    ),
    route(
      'post',
      '/me/second-factor',
      {
        summary: 'Begin to use an authenticator app',
        description: 'Answers what the app needs and backup codes, each shown once. It counts from its first code on.',
        body: z.strictObject({ password: currentPassword }),
        answer: totpAnswer,
      },
      async ({ body, request, response }) => {
        const what = { second_factor: { before: null, after: 'begun' } };
        const begun = startedTotp.parse(await forwardChange(request, response, '/two-factor/enable', body, what));
        return { totp_uri: begun.totpURI, backup_codes: begun.backupCodes };
      },
    ),
    route(
      'post',
      '/me/second-factor/confirm',
      { summary: 'The first code of an authenticator app', body: z.strictObject({ code: z.string().regex(/^\d{6}$/) }) },
      async ({ body, request, response }) => {
        const what = { second_factor: { before: 'begun', after: 'on' } };
        await forwardChange(request, response, '/two-factor/verify-totp', body, what);
      },
    ),
    route(
      'post',
      '/me/second-factor/end',
      { summary: 'Go without a second factor', body: z.strictObject({ password: currentPassword }) },
      async ({ body, request, response }) => {
        await forwardChange(request, response, '/two-factor/disable', body, { second_factor: { before: 'on', after: null } });
      },
    ),
    route(
      'get',
      '/me/sessions',
      { summary: 'Where one is signed in', answer: z.object({ items: z.array(userSessionSchema) }) },
      async ({ request }) => {
        const { userId, sessionId } = accountOf(request);
        return { items: await users.sessions(userId, sessionId) };
      },
    ),
    route('delete', '/me/sessions', { summary: 'Sign out everywhere else' }, async ({ request, response }) => {
      const { userId, sessionId } = accountOf(request);
      await changes.endSessions(askerOf(request, response), userId, { but: sessionId });
    }),
    route(
      'delete',
      '/me/sessions/{session_id}',
      { summary: 'Sign out in one place', params: z.object({ session_id: idField }) },
      async ({ params, request, response }) => {
        await changes.endSessions(askerOf(request, response), accountOf(request).userId, { only: params.session_id });
      },
    ),
  ];
}
