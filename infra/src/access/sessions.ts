import type { Database } from '../database/database.ts';
import { type Caller, knownScopes } from './scopes.ts';
import { hashToken, newId, newToken } from './tokens.ts';

/** A session ends after 12 hours without a request, in milliseconds. */
export const SESSION_IDLE_MS = 12 * 3_600_000;
/** A session ends 7 days after it began, whatever happens, in milliseconds. */
export const SESSION_MS = 7 * 24 * 3_600_000;
/** `last_seen_at` is written at most this often, in milliseconds. */
const SEEN_EVERY_MS = 60_000;

/** Begins a session. `token` goes into the cookie and is stored nowhere. */
export async function createSession(
  database: Database,
  who: Pick<Caller, 'name' | 'scopes'>,
  userAgent: string | undefined,
): Promise<{ id: string; token: string }> {
  const id = newId();
  const token = newToken('fbs');
  await database.query(
    `insert into sessions (id, hash, name, scopes, user_agent, expires_at)
     values ($1, $2, $3, $4, $5, clock_timestamp() + $6 * interval '1 millisecond')`,
    [id, hashToken(token), who.name, who.scopes, userAgent?.slice(0, 256) ?? null, SESSION_MS],
  );
  return { id, token };
}

/** Whose session this is, or null where it is unknown or over. */
export async function findSession(database: Database, token: string): Promise<Caller | null> {
  const { rows } = await database.query<{ id: string; name: string; scopes: string[]; stale: boolean }>(
    `select id, name, scopes, last_seen_at < clock_timestamp() - $2 * interval '1 millisecond' stale from sessions
     where hash = $1 and expires_at > clock_timestamp() and last_seen_at > clock_timestamp() - $3 * interval '1 millisecond'`,
    [hashToken(token), SEEN_EVERY_MS, SESSION_IDLE_MS],
  );
  const row = rows[0];
  if (row === undefined) return null;
  if (row.stale) await database.query(`update sessions set last_seen_at = clock_timestamp() where id = $1`, [row.id]);
  return { id: row.id, name: row.name, scopes: knownScopes(row.scopes) };
}

/** Ends a session; nothing happens where there is none. */
export async function endSession(database: Database, token: string): Promise<void> {
  await database.query(`delete from sessions where hash = $1`, [hashToken(token)]);
}
