import type { IncomingMessage } from 'node:http';
import type { KeyVerifier } from '@fleetbeat/infra/access/api-keys.ts';
import { hasScope } from '@fleetbeat/infra/access/scopes.ts';
import type { WrongKeys } from '@fleetbeat/infra/access/wrong-keys.ts';
import { findSession } from '@fleetbeat/infra/access/sessions.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Guard } from '../http/mount-routes.ts';
import { type Authenticated, type FindAccount, rememberCaller } from './authenticated.ts';
import { foreignOrigin, type Origins } from './origins.ts';
import type { LimitRequests } from './request-limit.ts';
import { sessionToken } from './session-cookie.ts';
import { useTicket } from './tickets.ts';

/** Finds out who sends a request: by key, else by ticket, else by session. Throws the problem `invalid-key` or `invalid-ticket`. */
export interface Authenticator {
  ofRequest(request: Pick<IncomingMessage, 'headers'>): Promise<Authenticated | null>;
  ofKey(key: string): Promise<Authenticated>;
  ofTicket(ticket: string): Promise<Authenticated>;
}

const BEARER = /^Bearer +(\S.*)$/i;

export function createAuthenticator(database: Database, keys: KeyVerifier, findAccount: FindAccount): Authenticator {
  async function ofKey(key: string): Promise<Authenticated> {
    const caller = await keys.verify(key);
    if (caller === null) throw new HttpProblem(401, 'invalid-key', 'the key is unknown, expired or revoked', CHALLENGE);
    return { caller, by: 'key' };
  }

  async function ofTicket(ticket: string): Promise<Authenticated> {
    const caller = await useTicket(database, ticket);
    if (caller === null) throw new HttpProblem(401, 'invalid-ticket', 'the ticket is unknown, expired or used', CHALLENGE);
    return { caller, by: 'ticket' };
  }

  async function ofRequest(request: Pick<IncomingMessage, 'headers'>): Promise<Authenticated | null> {
    const { authorization } = request.headers;
    if (authorization !== undefined) {
      const key = BEARER.exec(authorization)?.[1];
      if (key === undefined) throw new HttpProblem(401, 'invalid-key', 'Authorization must be `Bearer` and a key', CHALLENGE);
      return ofKey(key);
    }
    const token = sessionToken(request);
    const caller = token === undefined ? null : await findSession(database, token);
    return caller === null ? findAccount(request) : { caller, by: 'session' };
  }

  return { ofRequest, ofKey, ofTicket };
}

const CHALLENGE = { 'www-authenticate': 'Bearer realm="fleetbeat"' };

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Finds out who sends a request and lets through whoever has the scope that the route asks for, and no
 * page of another site in a user's name. A public route is answered without asking the database.
 */
export function createGuard(
  authenticator: Authenticator,
  origins: Origins,
  limitRequests: LimitRequests,
  wrongKeys: WrongKeys,
): Guard {
  return async (request, route) => {
    if (route.access === 'public') return;
    const key = request.headers.authorization;
    const find = () => authenticator.ofRequest(request);
    const who = key === undefined ? await find() : await wrongKeys.watch(request.ip ?? 'unknown', key, find);
    if (who !== null) rememberCaller(request, who);
    await limitRequests(request, who);
    const changes = !SAFE_METHODS.has(request.method);
    // A sign-in has no cookie yet, but another site's page must not make one for its visitor either.
    if (changes && (who?.by === 'session' || (who === null && request.headers.origin !== undefined))) {
      const reason = foreignOrigin(request, origins);
      if (reason !== undefined) throw new HttpProblem(403, 'foreign-origin', reason);
    }
    if (route.access === 'anyone') return;
    if (who === null) throw new HttpProblem(401, 'not-signed-in', 'a key or a session is needed', CHALLENGE);
    if (!hasScope(who.caller, route.access)) {
      throw new HttpProblem(403, 'missing-scope', `the scope ${route.access} is needed`);
    }
  };
}
