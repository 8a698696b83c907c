import type { IncomingMessage } from 'node:http';
import type { KeyVerifier } from '@fleetbeat/infra/access/api-keys.ts';
import { isLoopback } from '@fleetbeat/infra/access/events-without-key.ts';
import { hasScope, type Caller } from '@fleetbeat/infra/access/scopes.ts';
import type { WrongKeys } from '@fleetbeat/infra/access/wrong-keys.ts';
import type { ClientAddress } from '@fleetbeat/infra/net/client-address.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';

/** Answers who sends, by a name under which limits are kept; throws the problem of a sender that may not. */
export type Authorize = (request: IncomingMessage) => Promise<string>;

/** What proxies add: whoever stands before them may be anywhere, whatever name they call this address by. */
const FORWARDING = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

/**
 * @param withoutKey takes events that carry no key at all. Pages in a browser on this machine are kept out
 *   by what they cannot leave away: an Origin, or the foreign name by which they reached this address; and who comes
 *   through a proxy by what that adds.
 */
export function createAuthorize(
  keys: KeyVerifier,
  withoutKey: boolean,
  wrongKeys: WrongKeys,
  addressOf: ClientAddress,
): Authorize {
  return async function authorize(request) {
    const { authorization, origin, host } = request.headers;
    if (authorization === undefined) {
      if (!withoutKey) throw unauthorized('Events need a key: send "Authorization: Bearer <key>".');
      if (FORWARDING.some((name) => request.headers[name] !== undefined)) {
        throw unauthorized('A request that a proxy passes on needs a key: send "Authorization: Bearer <key>".');
      }
      if (origin !== undefined) throw forbidden('A request from a web page needs a key.');
      if (host === undefined || !isLoopback(hostName(host))) {
        throw forbidden('Without a key this address answers to localhost and 127.0.0.1 only.');
      }
      return addressOf(request);
    }
    const bearer = /^Bearer +([\x21-\x7e][\x20-\x7e]{0,4095})$/i.exec(authorization)?.[1];
    if (bearer === undefined) throw unauthorized('The Authorization header must be "Bearer <key>".');
    const caller = await wrongKeys.watch(addressOf(request), bearer, () => verify(keys, bearer));
    if (!hasScope(caller, 'ingest')) throw forbidden('The key lacks the scope "ingest".');
    return caller.id;
  };
}

async function verify(keys: KeyVerifier, bearer: string): Promise<Caller> {
  let caller: Caller | null;
  try {
    caller = await keys.verify(bearer);
  } catch (error) {
    if (error instanceof HttpProblem) throw error;
    const problem = new HttpProblem(503, 'keys-unavailable', 'Keys cannot be checked now.', { 'retry-after': '2' });
    problem.cause = error;
    throw problem;
  }
  if (caller === null) throw unauthorized('The key is unknown, expired or revoked.');
  return caller;
}

/** The name of a Host header, without port and without the brackets of an IPv6 address. */
function hostName(header: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(header);
  return bracketed?.[1] ?? header.replace(/:\d+$/, '');
}

function unauthorized(detail: string): HttpProblem {
  return new HttpProblem(401, 'unauthorized', detail, { 'www-authenticate': 'Bearer' });
}

function forbidden(detail: string): HttpProblem {
  return new HttpProblem(403, 'forbidden', detail);
}
