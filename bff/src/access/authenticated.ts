import type { IncomingMessage } from 'node:http';
import type { Caller } from '@fleetbeat/infra/access/scopes.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';

/** Who sends a request, and how that is known. */
export interface Authenticated {
  readonly caller: Caller;
  /** A browser sends the cookie of a session by itself, so a request with one must prove its origin. */
  readonly by: 'key' | 'session' | 'ticket';
  /** Of a person with an account; whoever came by a sign-in link or a key has none. */
  readonly account?: Account | undefined;
}

export interface Account {
  readonly userId: string;
  readonly sessionId: string;
}

/** Finds the account whose session a request's cookies are of; null where there is none. */
export type FindAccount = (request: Pick<IncomingMessage, 'headers'>) => Promise<Authenticated | null>;

const authenticated = new WeakMap<IncomingMessage, Authenticated>();

export function rememberCaller(request: IncomingMessage, who: Authenticated): void {
  authenticated.set(request, who);
}

/** Who sent the request, as found by `authenticate`; null where nobody was. */
export function whoSent(request: IncomingMessage): Authenticated | null {
  return authenticated.get(request) ?? null;
}

/** Whose settings apply: a user's, a key's, or those of the name that a sign-in link gave. */
export function ownerOf({ account, by, caller }: Authenticated): string {
  return account?.userId ?? (by === 'key' ? caller.id : caller.name);
}

/** The account that sent the request. Throws the problem `no-account` where a key or a sign-in link did. */
export function accountOf(request: IncomingMessage): Account {
  const account = whoSent(request)?.account;
  if (account === undefined)
    throw new HttpProblem(403, 'no-account', 'only somebody who is signed in with an account can do this');
  return account;
}
