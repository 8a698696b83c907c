import type { Request as ExpressRequest, Response as ExpressResponse } from 'express';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Auth } from './auth.ts';

/** What better-auth said to a request that it was asked in a caller's name. */
export interface Forwarded {
  readonly status: number;
  readonly body: unknown;
  readonly location: string | null;
}

/**
 * Asks better-auth something in the name of whoever sent `request`, and hands the cookies that it sets on to them.
 * Throws a problem where it refuses, its code made ours: `INVALID_CODE` is `invalid-code`.
 */
export type Forward = (
  request: ExpressRequest,
  response: ExpressResponse,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
) => Promise<Forwarded>;

export function createForward(auth: Auth): Forward {
  return async (request, response, method, path, body) => {
    const headers = new Headers({ 'x-forwarded-for': request.ip ?? '127.0.0.1' });
    for (const name of ['cookie', 'user-agent']) {
      const value = request.get(name);
      if (value !== undefined) headers.set(name, value);
    }
    if (body !== undefined) headers.set('content-type', 'application/json');
    const base = auth.options.baseURL;
    const answer = await auth.handler(
      new Request(base + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
    );
    for (const cookie of answer.headers.getSetCookie()) response.append('set-cookie', cookie);
    const text = await answer.text();
    const said: unknown = answer.headers.get('content-type')?.includes('json') === true && text !== '' ? JSON.parse(text) : null;
    if (answer.status >= 400) throw problemOfAnswer(answer.status, said);
    return { status: answer.status, body: said, location: answer.headers.get('location') };
  };
}

/** Signs a browser out of its account; nothing happens where it has none. */
export function createEndAccountSession(forward: Forward) {
  return async (request: ExpressRequest, response: ExpressResponse): Promise<void> => {
    await forward(request, response, 'POST', '/sign-out', {});
  };
}

/** better-auth says too much for some of its codes and nothing for others: these are ours. */
const DETAILS: Readonly<Record<string, string>> = {
  'invalid-email-or-password': 'the e-mail address or the password is wrong',
  'invalid-password': 'the password is wrong',
  'invalid-code': 'the code is wrong or too old',
  'invalid-backup-code': 'the backup code is wrong or used',
  'invalid-two-factor-cookie': 'sign in with the password first',
  'account-temporarily-locked': 'too many wrong codes: the account is locked for a quarter of an hour',
};

function problemOfAnswer(status: number, body: unknown): HttpProblem {
  const said = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const code = String(said['code'] ?? '')
    .toLowerCase()
    .replaceAll('_', '-');
  if (status >= 500)
    return new HttpProblem(500, 'internal-error', 'something went wrong here; the request id finds it in the log');
  const known = /^[a-z][a-z-]{1,60}$/.test(code) ? code : 'refused';
  return new HttpProblem(status, known, DETAILS[known] ?? String(said['message'] ?? 'this was refused').slice(0, 200));
}
