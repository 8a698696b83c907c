import { SESSION_IDLE_MS } from '@fleetbeat/infra/access/sessions.ts';
import { deleteInBatches } from './delete-in-batches.ts';
import type { RetentionContext } from './retention-context.ts';

/** Sessions and links that are over, of sign-in links a day after they stopped working. */
export async function expireSignIn({ database, signal }: RetentionContext): Promise<number> {
  const sessions = await deleteInBatches(
    database,
    `delete from sessions where id in (
       select id from sessions
       where expires_at < clock_timestamp() or last_seen_at < clock_timestamp() - $2 * interval '1 millisecond'
       limit $1)`,
    [SESSION_IDLE_MS],
    signal,
  );
  const links = await deleteInBatches(
    database,
    `delete from login_tokens where hash in
       (select hash from login_tokens where expires_at < clock_timestamp() - interval '1 day' limit $1)`,
    [],
    signal,
  );
  let ofAccounts = 0;
  for (const table of ['user_sessions', 'user_verifications', 'password_links']) {
    ofAccounts += await deleteInBatches(
      database,
      `delete from ${table} where ctid in (select ctid from ${table} where expires_at < clock_timestamp() limit $1)`,
      [],
      signal,
    );
  }
  return sessions + links + ofAccounts;
}
