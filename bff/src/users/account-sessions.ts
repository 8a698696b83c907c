import type { IncomingMessage } from 'node:http';
import { ROLE_SCOPES, USER_ROLES, type UserRole } from '@fleetbeat/infra/access/scopes.ts';
import { SESSION_IDLE_MS } from '@fleetbeat/infra/access/sessions.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import type { Authenticated, FindAccount } from '../access/authenticated.ts';
import type { Auth } from './auth.ts';

/** That a session was used is written down at most this often, in milliseconds. */
const SEEN_EVERY_MS = 60_000;

/** Finds out whose account a request's cookie is a session of. One that was silent for 12 hours is over. */
export function createFindAccount(auth: Auth, database: Database, now: () => number): FindAccount {
  return async (request: Pick<IncomingMessage, 'headers'>): Promise<Authenticated | null> => {
    const cookie = request.headers.cookie ?? '';
    if (!cookie.includes('fleetbeat.session_token=')) return null;
    const found = await auth.api.getSession({ headers: new Headers({ cookie }), query: { disableRefresh: true } });
    if (found === null) return null;
    const { session, user } = found;
    const role = roleOf(user.role);
    if (role === null || user.disabledAt != null) return null;
    const silentFor = now() - session.updatedAt.getTime();
    if (silentFor > SESSION_IDLE_MS) return null;
    if (silentFor > SEEN_EVERY_MS) {
      await database.query('update user_sessions set updated_at = clock_timestamp() where id = $1', [session.id]);
    }
    return {
      caller: { id: user.id, name: user.email, scopes: ROLE_SCOPES[role] },
      by: 'session',
      account: { userId: user.id, sessionId: session.id },
    };
  };
}

function roleOf(stored: unknown): UserRole | null {
  return USER_ROLES.find((role) => role === stored) ?? null;
}
