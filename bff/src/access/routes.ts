import type { Request, Response } from 'express';
import * as z from 'zod';
import { SCOPES } from '@fleetbeat/infra/access/scopes.ts';
import { useLoginToken } from '@fleetbeat/infra/access/login-tokens.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { route, type Route } from '../http/route.ts';
import { whoSent } from './authenticated.ts';
import type { LinkSessions } from './link-sessions.ts';
import { createTicket } from './tickets.ts';

const sessionAnswer = z.object({
  signed_in: z.boolean(),
  /** Under which one's own changes and comments stand; null where nobody is signed in. */
  id: z.string().nullable(),
  /** Null where nobody is signed in. */
  name: z.string().nullable(),
  scopes: z.array(z.enum(SCOPES)),
});

const signInAnswer = sessionAnswer.omit({ id: true });
const ticketAnswer = z.object({ ticket: z.string(), expires_at: z.number() });

export interface AccessParts {
  database: Database;
  linkSessions: LinkSessions;
  endAccountSession: (request: Request, response: Response) => Promise<void>;
}

/** Signing in by link, signing out, and tickets for sockets. */
export function accessRoutes({ database, linkSessions, endAccountSession }: AccessParts): Route[] {
  return [
    route('get', '/session', { summary: 'Who one is', access: 'anyone', answer: sessionAnswer }, async ({ request }) => {
      const caller = whoSent(request)?.caller;
      return {
        signed_in: caller !== undefined,
        id: caller?.id ?? null,
        name: caller?.name ?? null,
        scopes: [...(caller?.scopes ?? [])],
      };
    }),

    route(
      'post',
      '/session',
      {
        summary: 'Sign in with the token of a one-time link',
        access: 'anyone',
        body: z.object({ token: z.string().min(1).max(200) }),
        answer: signInAnswer,
      },
      async ({ body, request, response }) => {
        const who = await useLoginToken(database, body.token);
        if (who === null) throw new HttpProblem(401, 'invalid-token', 'the sign-in link is unknown, expired or used');
        await linkSessions.begin(who, request, response);
        return { signed_in: true, name: who.name, scopes: [...who.scopes] };
      },
    ),

    route('delete', '/session', { summary: 'Sign out', access: 'anyone' }, async ({ request, response }) => {
      await endAccountSession(request, response);
      await linkSessions.end(request, response);
    }),

    route(
      'post',
      '/tickets',
      { summary: 'A ticket that opens one socket within 30 seconds', answer: ticketAnswer, status: 201 },
      async ({ caller }) => createTicket(database, caller),
    ),
  ];
}
