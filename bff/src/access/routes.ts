import * as z from 'zod';
import { SCOPES } from '@fleetbeat/infra/access/scopes.ts';
import { useLoginToken } from '@fleetbeat/infra/access/login-tokens.ts';
import { createSession, endSession } from '@fleetbeat/infra/access/sessions.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { route, type Route } from '../http/route.ts';
import { whoSent } from './authenticated.ts';
import { clearSessionCookie, sessionToken, setSessionCookie } from './session-cookie.ts';
import { createTicket } from './tickets.ts';

const sessionAnswer = z.object({
  signed_in: z.boolean(),
  /** Null where nobody is signed in. */
  name: z.string().nullable(),
  scopes: z.array(z.enum(SCOPES)),
});

const ticketAnswer = z.object({ ticket: z.string(), expires_at: z.number() });

/** Signing in and out, and tickets for sockets. `secure`: browsers reach us over https. */
export function accessRoutes({ database, secure }: { database: Database; secure: boolean }): Route[] {
  return [
    route('get', '/session', { summary: 'Who one is', access: 'anyone', answer: sessionAnswer }, async ({ request }) => {
      const caller = whoSent(request)?.caller;
      return { signed_in: caller !== undefined, name: caller?.name ?? null, scopes: [...(caller?.scopes ?? [])] };
    }),

    route(
      'post',
      '/session',
      {
        summary: 'Sign in with the token of a one-time link',
        access: 'anyone',
        body: z.object({ token: z.string().min(1).max(200) }),
        answer: sessionAnswer,
      },
      async ({ body, request, response }) => {
        const who = await useLoginToken(database, body.token);
        if (who === null) throw new HttpProblem(401, 'invalid-token', 'the sign-in link is unknown, expired or used');
        const { token } = await createSession(database, who, request.headers['user-agent']);
        setSessionCookie(response, token, secure);
        return { signed_in: true, name: who.name, scopes: [...who.scopes] };
      },
    ),

    route('delete', '/session', { summary: 'Sign out', access: 'anyone' }, async ({ request, response }) => {
      const token = sessionToken(request);
      if (token !== undefined) await endSession(database, token);
      clearSessionCookie(response, secure);
    }),

    route(
      'post',
      '/tickets',
      { summary: 'A ticket that opens one socket within 30 seconds', answer: ticketAnswer, status: 201 },
      async ({ caller }) => createTicket(database, caller),
    ),
  ];
}
