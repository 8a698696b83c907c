import * as z from 'zod';
import type { apiKeyInputSchema } from '@fleetbeat/contracts/users.ts';
import { keyPrefix } from '@fleetbeat/infra/access/api-keys.ts';
import { hashToken, newId, newToken } from '@fleetbeat/infra/access/tokens.ts';
import { recordChange, type Asker, type Changes } from '@fleetbeat/infra/audit/record-change.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Change } from '../http/change.ts';

/** Keys in use at most. */
const MAX_KEYS = 1_000;

/** What administrators do about keys. A key is in the answer of whoever made it, and nowhere else. Throws problems. */
export function createKeyChanges(change: Change, now: () => number) {
  return {
    create: (asker: Asker, wanted: z.output<typeof apiKeyInputSchema>): Promise<{ id: string; key: string }> =>
      change('keys.create', async (transaction) => {
        if (wanted.expires_at !== null && wanted.expires_at <= now()) {
          throw new HttpProblem(400, 'invalid-body', 'expires_at: lies in the past');
        }
        const { rows } = await transaction.query<{ keys: number }>(
          'select count(*) as keys from api_keys where revoked_at is null',
        );
        if ((rows[0]?.keys ?? 0) >= MAX_KEYS)
          throw new HttpProblem(409, 'too-many-keys', `there are ${MAX_KEYS} keys in use: revoke one`);
        const id = newId();
        const key = newToken('fbk');
        await transaction.query(
          `insert into api_keys (id, name, hash, prefix, scopes, created_by, expires_at)
           values ($1, $2, $3, $4, $5, $6, to_timestamp($7::bigint / 1000.0))`,
          [id, wanted.name, hashToken(key), keyPrefix(key), wanted.scopes, asker.actor.id, wanted.expires_at],
        );
        await record(transaction, asker, id, 'created', {
          name: { before: null, after: wanted.name },
          scopes: { before: null, after: wanted.scopes },
          expires_at: { before: null, after: wanted.expires_at },
        });
        return { id, key };
      }),

    /** Another key of the same id; the old one works on for `graceSeconds`. */
    rotate: (asker: Asker, keyId: string, graceSeconds: number): Promise<{ id: string; key: string }> =>
      change('keys.rotate', async (transaction) => {
        const { prefix } = await lockUsable(transaction, keyId);
        const key = newToken('fbk');
        await transaction.query(
          `update api_keys set previous_hash = hash, previous_expires_at = clock_timestamp() + $4 * interval '1 second',
             hash = $2, prefix = $3 where id = $1`,
          [keyId, hashToken(key), keyPrefix(key), graceSeconds],
        );
        await record(transaction, asker, keyId, 'updated', { prefix: { before: prefix, after: keyPrefix(key) } });
        return { id: keyId, key };
      }),

    /** Ends a key, and the one that it replaced. Other processes notice within 5 seconds. */
    revoke: (asker: Asker, keyId: string): Promise<void> =>
      change('keys.revoke', async (transaction) => {
        const { name } = await lockUsable(transaction, keyId);
        await transaction.query(
          'update api_keys set revoked_at = clock_timestamp(), previous_hash = null, previous_expires_at = null where id = $1',
          [keyId],
        );
        await record(transaction, asker, keyId, 'deleted', { name: { before: name, after: null } });
      }),
  };
}
export type KeyChanges = ReturnType<typeof createKeyChanges>;

export function unknownKey(): HttpProblem {
  return new HttpProblem(404, 'unknown-key', 'there is no key of this id');
}

async function lockUsable(transaction: Transaction, keyId: string): Promise<{ name: string; prefix: string }> {
  const { rows } = await transaction.query<{ name: string; prefix: string; created_by: string; revoked_at: Date | null }>(
    'select name, prefix, created_by, revoked_at from api_keys where id = $1 for update',
    [keyId],
  );
  const [row] = rows;
  if (row === undefined) throw unknownKey();
  if (row.revoked_at !== null) throw new HttpProblem(409, 'key-revoked', 'this key has been revoked');
  return row;
}

async function record(
  transaction: Transaction,
  asker: Asker,
  entityId: string,
  action: 'created' | 'updated' | 'deleted',
  changes: Changes,
): Promise<void> {
  await recordChange(transaction, { entityType: 'key', entityId, action, ...asker, changes });
}
