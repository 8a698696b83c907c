import * as z from 'zod';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { Invitation, User, UserSession } from '@fleetbeat/contracts/users.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import { containsPattern, type ReadQuery } from '../http/read-query.ts';

export interface UserFilter {
  q?: string | undefined;
  role?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

const POSITION = z.tuple([z.string()]);

const USERS = `
  select u.id, u.name, u.email, u.role, u.two_factor_enabled,
    (extract(epoch from u.disabled_at) * 1000)::bigint as disabled_at, (extract(epoch from u.created_at) * 1000)::bigint as created_at,
    (select (extract(epoch from max(s.updated_at)) * 1000)::bigint from user_sessions s where s.user_id = u.id) as last_seen,
    array(select case a.provider_id when 'credential' then 'password' else a.provider_id end
          from user_accounts a where a.user_id = u.id order by 1) as sign_in_by
  from users u`;

/** Reads who has an account, who is invited, and where somebody is signed in. */
export function createUsersReadModel(query: ReadQuery) {
  return {
    /** By e-mail address. */
    async list(filter: UserFilter): Promise<List<User>> {
      const values: unknown[] = [];
      const place = (value: unknown) => `$${values.push(value)}`;
      const conditions = ['true'];
      if (filter.q !== undefined) {
        const pattern = place(containsPattern(filter.q));
        conditions.push(`(u.email ilike ${pattern} or u.name ilike ${pattern})`);
      }
      if (filter.role !== undefined) conditions.push(`u.role = ${place(filter.role)}`);
      if (filter.cursor !== undefined) conditions.push(`u.email > ${place(decodeCursor(filter.cursor, POSITION)[0])}`);
      const rows = await query<User>(
        'users.list',
        `${USERS} where ${conditions.join(' and ')} order by u.email limit ${place(filter.limit + 1)}`,
        values,
      );
      return pageOf(
        rows,
        filter.limit,
        (row) => row,
        (row) => [row.email],
      );
    },

    async find(userId: string): Promise<User | null> {
      const [row] = await query<User>('users.find', `${USERS} where u.id = $1`, [userId]);
      return row ?? null;
    },

    /** The newest 500 that wait for somebody. */
    invitations: () =>
      query<Invitation>(
        'users.invitations',
        `select email, name, role, created_by, (extract(epoch from created_at) * 1000)::bigint as created_at,
           (extract(epoch from expires_at) * 1000)::bigint as expires_at
         from password_links where user_id is null and expires_at > clock_timestamp() order by created_at desc limit 500`,
      ),

    /** Where somebody is signed in; at most 100, the last used first. */
    sessions: (userId: string, currentId: string | null) =>
      query<UserSession>(
        'users.sessions',
        `select id, id is not distinct from $2 as current, ip_address, user_agent,
           (extract(epoch from created_at) * 1000)::bigint as created_at, (extract(epoch from updated_at) * 1000)::bigint as last_seen,
           (extract(epoch from expires_at) * 1000)::bigint as expires_at
         from user_sessions where user_id = $1 and expires_at > clock_timestamp() order by updated_at desc, id limit 100`,
        [userId, currentId],
      ),
  };
}
export type UsersReadModel = ReturnType<typeof createUsersReadModel>;
