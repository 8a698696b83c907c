import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { hasScope } from '@fleetbeat/infra/access/scopes.ts';
import type { WrongKeys } from '@fleetbeat/infra/access/wrong-keys.ts';
import type { ClientAddress } from '@fleetbeat/infra/net/client-address.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Authenticated } from '../access/authenticated.ts';
import type { Authenticator } from '../access/authenticate.ts';
import type { Origins } from '../access/origins.ts';
import { problemOf } from '../http/problems.ts';

/** What a client may show to open a socket, beside headers and cookies. */
export interface Credentials {
  readonly ticket?: unknown;
  readonly key?: unknown;
}

/** Lets a socket in or throws the problem that says why not. */
export type Admit = (request: IncomingMessage, credentials: Credentials) => Promise<Authenticated>;

/**
 * A socket needs the scope `read`. Browsers do not keep other sites' pages from opening sockets with a
 * visitor's cookie, so a request that names an origin must name an allowed one, unless it has a key or ticket.
 */
export function createAdmit(
  authenticator: Authenticator,
  origins: Origins,
  wrongKeys: WrongKeys,
  addressOf: ClientAddress,
): Admit {
  return async (request, credentials) => {
    const who = await identify(request, credentials);
    if (who === null) throw new HttpProblem(401, 'not-signed-in', 'a key, a session or a ticket is needed');
    const { origin, host } = request.headers;
    if (who.by === 'session' && origin !== undefined && !origins.allows(origin, host)) {
      throw new HttpProblem(403, 'foreign-origin', 'sockets with a session cannot be opened from this origin');
    }
    if (!hasScope(who.caller, 'read')) throw new HttpProblem(403, 'missing-scope', 'the scope read is needed');
    return who;
  };

  async function identify(request: IncomingMessage, { ticket, key }: Credentials): Promise<Authenticated | null> {
    if (typeof ticket === 'string' && ticket !== '') return authenticator.ofTicket(ticket);
    const address = addressOf(request);
    if (typeof key === 'string' && key !== '') return wrongKeys.watch(address, key, () => authenticator.ofKey(key));
    const { authorization } = request.headers;
    if (authorization === undefined) return authenticator.ofRequest(request);
    return wrongKeys.watch(address, authorization, () => authenticator.ofRequest(request));
  }
}

/** Whether somebody who was let in would be again. A ticket was good for its socket as a whole. */
export type IsStillAdmitted = (who: Authenticated, headers: IncomingHttpHeaders) => Promise<boolean>;

/** Asks again by the headers that the socket was opened with; where that cannot be found out, nothing changes. */
export function createIsStillAdmitted(authenticator: Authenticator, now: () => number): IsStillAdmitted {
  return async (who, headers) => {
    if ((who.caller.endsAt ?? Infinity) <= now()) return false;
    if (who.by === 'ticket' || (headers.authorization === undefined && headers.cookie === undefined)) return true;
    try {
      const now = await authenticator.ofRequest({ headers });
      return now !== null && hasScope(now.caller, 'read');
    } catch (error) {
      return problemOf(error).status !== 401;
    }
  };
}
