import { hashPassword } from 'better-auth/crypto';
import type { InvitationInput } from '@fleetbeat/contracts/users.ts';
import type { UserRole } from '@fleetbeat/infra/access/scopes.ts';
import { hashToken, newId, newToken } from '@fleetbeat/infra/access/tokens.ts';
import { recordChange, type Actor, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { writeUnique } from '@fleetbeat/infra/database/unique-violation.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Change } from '../http/change.ts';
import { unknownUser } from './user-changes.ts';

/** How long an invitation waits for its guest (7 days), and a link to set another password (1 day), in milliseconds. */
const INVITATION_MS = 7 * 86_400_000;
const RESET_MS = 86_400_000;

interface Link {
  user_id: string | null;
  email: string;
  name: string;
  role: UserRole;
}

/**
 * One-time links by which people set a password of their own: nobody else ever knows it. An administrator makes them and
 * passes them on, as no mail is needed for that.
 */
export function createPasswordLinks({ change, publicUrl }: { change: Change; publicUrl: string }) {
  async function makeLink(transaction: Transaction, link: Link, by: Actor, lifetime: number) {
    const token = newToken('fbt');
    const { rows } = await transaction.query<{ expires_at: number }>(
      `insert into password_links (hash, user_id, email, name, role, created_by, expires_at)
       values ($1, $2, $3, $4, $5, $6, clock_timestamp() + $7 * interval '1 millisecond')
       returning (extract(epoch from expires_at) * 1000)::bigint as expires_at`,
      [hashToken(token), link.user_id, link.email, link.name, link.role, by.id, lifetime],
    );
    // Behind a `#` it reaches no server's log.
    return { url: `${publicUrl}/set-password#${token}`, expires_at: rows[0]?.expires_at ?? 0 };
  }

  return {
    /** Replaces an invitation of the same address. Throws the problem `user-exists`. */
    invite: ({ actor, requestId }: Asker, guest: InvitationInput) =>
      change('users.invite', async (transaction) => {
        const { rowCount } = await transaction.query('select from users where email = $1', [guest.email]);
        if (rowCount !== 0) throw new HttpProblem(409, 'user-exists', 'somebody has an account of this address already');
        await transaction.query('delete from password_links where email = $1 and user_id is null', [guest.email]);
        const link = await makeLink(transaction, { ...guest, user_id: null }, actor, INVITATION_MS);
        const changes = { name: { before: null, after: guest.name }, role: { before: null, after: guest.role } };
        await recordChange(transaction, {
          entityType: 'invitation',
          entityId: guest.email,
          action: 'created',
          actor,
          changes,
          requestId,
        });
        return link;
      }),

    /** Throws the problem `unknown-invitation`. */
    withdraw: ({ actor, requestId }: Asker, email: string) =>
      change('users.withdraw', async (transaction) => {
        const { rowCount } = await transaction.query('delete from password_links where email = $1 and user_id is null', [email]);
        if (rowCount === 0) throw new HttpProblem(404, 'unknown-invitation', 'nobody of this address is invited');
        await recordChange(transaction, {
          entityType: 'invitation',
          entityId: email,
          action: 'deleted',
          actor,
          changes: {},
          requestId,
        });
      }),

    /** A link for somebody who has forgotten their password; only the newest works. Throws the problem `unknown-user`. */
    reset: ({ actor, requestId }: Asker, userId: string) =>
      change('users.password_link', async (transaction) => {
        const { rows } = await transaction.query<Link>(
          'select id as user_id, email, name, role from users where id = $1 for update',
          [userId],
        );
        const [user] = rows;
        if (user === undefined) throw unknownUser();
        await transaction.query('delete from password_links where user_id = $1', [userId]);
        const link = await makeLink(transaction, user, actor, RESET_MS);
        const changes = { password_link: { before: null, after: 'made' } };
        await recordChange(transaction, { entityType: 'user', entityId: userId, action: 'updated', actor, changes, requestId });
        return link;
      }),

    /**
     * Sets the password that a link is for: an invited person becomes a user, everybody else is signed out everywhere.
     * Answers whose it is. Throws the problem `invalid-token`.
     */
    async use(token: string, password: string, requestId: string): Promise<{ email: string }> {
      const hash = await hashPassword(password);
      return change('users.set_password', async (transaction) => {
        const { rows } = await transaction.query<Link & { fresh: boolean }>(
          `delete from password_links where hash = $1
           returning user_id, email, name, role, expires_at > clock_timestamp() as fresh`,
          [hashToken(token)],
        );
        const [link] = rows;
        if (link?.fresh !== true) throw new HttpProblem(401, 'invalid-token', 'the link is unknown, expired or used');
        const userId = link.user_id ?? (await createUser(transaction, link));
        await setPassword(transaction, userId, hash);
        await transaction.query('delete from user_sessions where user_id = $1', [userId]);
        const invited = link.user_id === null;
        await recordChange(transaction, {
          entityType: 'user',
          entityId: userId,
          action: invited ? 'created' : 'updated',
          actor: { id: link.email, type: 'user' },
          changes: invited
            ? { email: { before: null, after: link.email }, role: { before: null, after: link.role } }
            : { password: { before: 'old', after: 'new' } },
          requestId,
        });
        return { email: link.email };
      });
    },
  };
}
export type PasswordLinks = ReturnType<typeof createPasswordLinks>;

async function createUser(transaction: Transaction, { email, name, role }: Link): Promise<string> {
  const id = newId();
  // Whoever was invited under an address counts as its owner, so that an identity provider's account of it is theirs too.
  await writeUnique(
    () =>
      transaction.query('insert into users (id, email, name, role, email_verified) values ($1, $2, $3, $4, true)', [
        id,
        email,
        name,
        role,
      ]),
    () => new HttpProblem(409, 'user-exists', 'somebody has an account of this address already'),
  );
  return id;
}

async function setPassword(transaction: Transaction, userId: string, hash: string): Promise<void> {
  await transaction.query(
    `insert into user_accounts (id, user_id, provider_id, account_id, password) values ($1, $2, 'credential', $2, $3)
     on conflict (provider_id, account_id) do update set password = excluded.password, updated_at = clock_timestamp()`,
    [newId(), userId, hash],
  );
}
