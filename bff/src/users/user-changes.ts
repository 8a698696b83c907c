import type { UserPatch } from '@fleetbeat/contracts/users.ts';
import { changesBetween, recordChange, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Change } from '../http/change.ts';

interface Row {
  name: string;
  email: string;
  role: string;
  disabled: boolean;
  two_factor_enabled: boolean;
}
const FIELDS = ['name', 'email', 'role', 'disabled', 'two_factor_enabled'] as const;

/** What administrators change about others. Throws the problems `unknown-user` and `yourself`. */
export function createUserChanges(change: Change) {
  async function update(asker: Asker, userId: string, patch: UserPatch): Promise<void> {
    await change('users.update', async (transaction) => {
      const before = await lock(transaction, userId);
      if (patch.role !== undefined || patch.disabled !== undefined) refuseYourself(asker, before);
      const after: Row = { ...before, ...withoutUndefined(patch) };
      await transaction.query(
        `update users set name = $2, role = $3, two_factor_enabled = $4, updated_at = clock_timestamp(),
           disabled_at = case when $5 then coalesce(disabled_at, clock_timestamp()) end
         where id = $1`,
        [userId, after.name, after.role, after.two_factor_enabled, after.disabled],
      );
      if (patch.two_factor_enabled === false) {
        await transaction.query('delete from user_second_factors where user_id = $1', [userId]);
      }
      if (after.disabled) await transaction.query('delete from user_sessions where user_id = $1', [userId]);
      await record(transaction, asker, userId, 'updated', before, after);
    });
  }

  async function remove(asker: Asker, userId: string): Promise<void> {
    await change('users.delete', async (transaction) => {
      const before = await lock(transaction, userId);
      refuseYourself(asker, before);
      await transaction.query('delete from users where id = $1', [userId]);
      await record(transaction, asker, userId, 'deleted', before, null);
    });
  }

  /** Signs somebody out: of one session, of all but one, or of all. Throws the problem `unknown-session` for one that is not theirs. */
  async function endSessions(asker: Asker, userId: string, which: { only: string } | { but: string } | 'all'): Promise<void> {
    await change('users.end_sessions', async (transaction) => {
      await lock(transaction, userId);
      const [condition, values] =
        which === 'all' ? ['', []] : 'only' in which ? [' and id = $2', [which.only]] : [' and id <> $2', [which.but]];
      const { rowCount } = await transaction.query(`delete from user_sessions where user_id = $1${condition}`, [
        userId,
        ...values,
      ]);
      if (which !== 'all' && 'only' in which && rowCount === 0) {
        throw new HttpProblem(404, 'unknown-session', 'there is no session of this id');
      }
      const changes = { sessions: { before: rowCount ?? 0, after: 0 } };
      await recordChange(transaction, { entityType: 'user', entityId: userId, action: 'updated', ...asker, changes });
    });
  }

  return { update, remove, endSessions };
}
export type UserChanges = ReturnType<typeof createUserChanges>;

export function unknownUser(): HttpProblem {
  return new HttpProblem(404, 'unknown-user', 'there is no user of this id');
}

function refuseYourself({ actor }: Asker, user: Row): void {
  if (actor.type === 'user' && actor.id === user.email) {
    throw new HttpProblem(409, 'yourself', 'let another administrator change this about you');
  }
}

async function lock(transaction: Transaction, userId: string): Promise<Row> {
  const { rows } = await transaction.query<Row>(
    `select name, email, role, disabled_at is not null as disabled, two_factor_enabled from users where id = $1 for update`,
    [userId],
  );
  const [row] = rows;
  if (row === undefined) throw unknownUser();
  return row;
}

async function record(
  transaction: Transaction,
  { actor, requestId }: Asker,
  userId: string,
  action: 'updated' | 'deleted',
  before: Row,
  after: Row | null,
): Promise<void> {
  const changes = changesBetween(before, after, FIELDS);
  await recordChange(transaction, { entityType: 'user', entityId: userId, action, actor, changes, requestId });
}

function withoutUndefined<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
