import type { Database } from '../database/database.ts';
import { type Caller, knownScopes, type Scope } from './scopes.ts';
import { hashToken, newToken } from './tokens.ts';

/** How long a sign-in link works, in milliseconds (15 minutes). */
export const LOGIN_TOKEN_MS = 15 * 60_000;

/** Makes a sign-in link, good for one use within 15 minutes. Without options it signs in an administrator. */
export async function createLoginLink(
  database: Database,
  publicUrl: string,
  options: { name?: string | undefined; scopes?: readonly Scope[] | undefined } = {},
): Promise<string> {
  const token = await createLoginToken(database, options);
  return `${publicUrl}/sign-in?token=${token}`;
}

/** Makes the token of a sign-in link. */
export async function createLoginToken(
  database: Database,
  options: { name?: string | undefined; scopes?: readonly Scope[] | undefined } = {},
): Promise<string> {
  const token = newToken('fbt');
  await database.query(
    `insert into login_tokens (hash, name, scopes, expires_at)
     values ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond')`,
    [hashToken(token), options.name ?? 'administrator', options.scopes ?? ['admin'], LOGIN_TOKEN_MS],
  );
  return token;
}

/** Takes a token in exchange for what it stands for; null where it is unknown, expired or used. */
export async function useLoginToken(database: Database, token: string): Promise<Pick<Caller, 'name' | 'scopes'> | null> {
  const { rows } = await database.query<{ name: string; scopes: string[] }>(
    `update login_tokens set used_at = clock_timestamp()
     where hash = $1 and used_at is null and expires_at > clock_timestamp()
     returning name, scopes`,
    [hashToken(token)],
  );
  const row = rows[0];
  return row === undefined ? null : { name: row.name, scopes: knownScopes(row.scopes) };
}
