import type { IncomingMessage } from 'node:http';
import type { Response } from 'express';
import { SESSION_MS } from '@fleetbeat/infra/access/sessions.ts';

export const SESSION_COOKIE = 'fleetbeat_session';

/** The session's token in a request's cookies, or undefined. */
export function sessionToken(request: Pick<IncomingMessage, 'headers'>): string | undefined {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === SESSION_COOKIE) return pair.slice(equals + 1).trim();
  }
  return undefined;
}

/** Sets the cookie for as long as a session can live. `secure`: the browser reaches us over https. */
export function setSessionCookie(response: Response, token: string, secure: boolean): void {
  response.cookie(SESSION_COOKIE, token, { httpOnly: true, sameSite: 'lax', secure, path: '/', maxAge: SESSION_MS });
}

export function clearSessionCookie(response: Response, secure: boolean): void {
  response.clearCookie(SESSION_COOKIE, { httpOnly: true, sameSite: 'lax', secure, path: '/' });
}
