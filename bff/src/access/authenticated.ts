import type { IncomingMessage } from 'node:http';
import type { Caller } from '@fleetbeat/infra/access/scopes.ts';

/** Who sends a request, and how that is known. */
export interface Authenticated {
  readonly caller: Caller;
  /** A browser sends the cookie of a session by itself, so a request with one must prove its origin. */
  readonly by: 'key' | 'session' | 'ticket';
}

const authenticated = new WeakMap<IncomingMessage, Authenticated>();

export function rememberCaller(request: IncomingMessage, who: Authenticated): void {
  authenticated.set(request, who);
}

/** Who sent the request, as found by `authenticate`; null where nobody was. */
export function whoSent(request: IncomingMessage): Authenticated | null {
  return authenticated.get(request) ?? null;
}
