import type { Request, Response } from 'express';
import * as z from 'zod';
import { emailSchema, passwordSchema } from '@fleetbeat/contracts/users.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Attempts } from '../access/attempts.ts';
import { requestIdOf } from '../http/request-id.ts';
import { route, type Route } from '../http/route.ts';
import { OIDC_PROVIDER } from './auth.ts';
import type { Forward } from './forward.ts';
import type { PasswordLinks } from './password-links.ts';

const signedInSchema = z.object({
  signed_in: z.boolean(),
  /** The password was right, and a code of the second factor is wanted: `POST /auth/second-factor`. */
  second_factor: z.boolean(),
});

interface SignInParts {
  forward: Forward;
  links: PasswordLinks;
  attempts: Attempts;
  publicUrl: string;
  /** What people call the identity provider; null where there is none. */
  oidcName: string | null;
  /** Ends what a sign-in link has begun in this browser. */
  endLinkSession: (request: Request, response: Response) => Promise<void>;
}

/** Signing in with an account: by password and second factor, or by the identity provider. */
export function signInRoutes({ forward, links, attempts, publicUrl, oidcName, endLinkSession }: SignInParts): Route[] {
  /** A person looks at the answer of the callback: they are told on a page. */
  function onSignInPage(error: unknown): string {
    if (!(error instanceof HttpProblem) || error.status >= 500) throw error;
    return `${publicUrl}/sign-in?error=${error.code.replaceAll('-', '_')}`;
  }

  return [
    route(
      'get',
      '/auth/providers',
      {
        summary: 'How one can sign in',
        access: 'public',
        answer: z.object({ password: z.literal(true), oidc: z.object({ name: z.string() }).nullable() }),
      },
      async () => ({ password: true as const, oidc: oidcName === null ? null : { name: oidcName } }),
    ),
    route(
      'post',
      '/auth/sign-in',
      {
        summary: 'Sign in with e-mail address and password',
        access: 'anyone',
        body: z.strictObject({ email: emailSchema, password: z.string().min(1).max(128) }),
        answer: signedInSchema,
      },
      async ({ body, request, response }) => {
        const { body: said } = await attempts.count(request, body.email, () =>
          forward(request, response, 'POST', '/sign-in/email', body),
        );
        const secondFactor = typeof said === 'object' && said !== null && 'twoFactorRedirect' in said;
        if (!secondFactor) await endLinkSession(request, response);
        return { signed_in: !secondFactor, second_factor: secondFactor };
      },
    ),
    route(
      'post',
      '/auth/second-factor',
      {
        summary: 'Sign in with a code, after the password',
        description: 'Of the authenticator app, or a backup code, which works once.',
        access: 'anyone',
        body: z.strictObject({ code: z.string().min(6).max(32), backup: z.boolean().default(false) }),
        answer: signedInSchema,
      },
      async ({ body: { code, backup }, request, response }) => {
        const path = backup ? '/two-factor/verify-backup-code' : '/two-factor/verify-totp';
        await attempts.count(request, 'second factor', () => forward(request, response, 'POST', path, { code }));
        await endLinkSession(request, response);
        return { signed_in: true, second_factor: false };
      },
    ),
    route(
      'post',
      '/auth/password',
      {
        summary: 'Set the password that a link is for',
        description: 'Of an invitation, or of one who forgot theirs. It signs nobody in.',
        access: 'anyone',
        body: z.strictObject({ token: z.string().min(1).max(200), password: passwordSchema }),
        answer: z.object({ email: z.string() }),
      },
      async ({ body: { token, password }, request, response }) =>
        attempts.count(request, 'link', () => links.use(token, password, requestIdOf(response))),
    ),
    route(
      'post',
      '/auth/oidc',
      {
        summary: 'Where the identity provider signs one in: send the browser there',
        access: 'anyone',
        answer: z.object({ url: z.string() }),
      },
      async ({ request, response }) => {
        if (oidcName === null) throw new HttpProblem(404, 'no-identity-provider', 'no identity provider is configured');
        const { body: said } = await forward(request, response, 'POST', '/sign-in/social', {
          provider: OIDC_PROVIDER,
          callbackURL: `${publicUrl}/`,
          errorCallbackURL: `${publicUrl}/sign-in`,
        });
        const url = typeof said === 'object' && said !== null && 'url' in said ? said.url : undefined;
        if (typeof url !== 'string') {
          throw new HttpProblem(503, 'identity-provider-unavailable', 'the identity provider cannot be reached');
        }
        return { url };
      },
    ),
    route(
      'get',
      '/auth/callback/oidc',
      {
        summary: 'Where the identity provider sends browsers back to',
        description: 'Answers a redirect to the dashboard, or to its sign-in page with `error`.',
        access: 'public',
        query: z.object({
          code: z.string().max(4_096).optional(),
          state: z.string().max(4_096).optional(),
          iss: z.string().max(2_000).optional(),
          error: z.string().max(200).optional(),
          error_description: z.string().max(2_000).optional(),
        }),
        status: 302,
      },
      async ({ query, request, response }) => {
        if (oidcName === null) throw new HttpProblem(404, 'no-identity-provider', 'no identity provider is configured');
        const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
        const path = `/callback/${OIDC_PROVIDER}?${new URLSearchParams(given).toString()}`;
        const location = await forward(request, response, 'GET', path).then((said) => said.location, onSignInPage);
        if (location?.includes('error=') !== true) await endLinkSession(request, response);
        response.set('location', location ?? `${publicUrl}/sign-in`);
      },
    ),
  ];
}
