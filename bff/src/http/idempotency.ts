import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { idSchema } from '@fleetbeat/contracts/events.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';

/**
 * Requests that name an `Idempotency-Key` are done once: whoever sends one again, with the same key and content, is
 * answered what was answered then. Keys are each caller's own and are remembered for 24 hours.
 */

export interface IdempotentRequest {
  readonly callerId: string;
  readonly key: string;
  readonly hash: Buffer;
}

/** The key of a request and what it asks for; null where it names none. Throws the problem `invalid-header`. */
export function idempotentRequest(request: Request, callerId: string): IdempotentRequest | null {
  const key = request.get('idempotency-key');
  if (key === undefined) return null;
  if (!idSchema.safeParse(key).success) {
    throw new HttpProblem(400, 'invalid-header', 'Idempotency-Key must have 1 to 256 characters');
  }
  const content = JSON.stringify([request.method, request.path, request.body]);
  return { callerId, key, hash: createHash('sha256').update(content).digest() };
}

/**
 * Does `work` unless this request has been answered before. Of two at the same time the second waits for the first.
 * Throws the problem `idempotency-key-reused` (422) where the key came with other content.
 */
export async function once<Answer>(
  transaction: Transaction,
  request: IdempotentRequest | null,
  work: () => Promise<Answer>,
): Promise<{ answer: Answer; replayed: boolean }> {
  if (request === null) return { answer: await work(), replayed: false };
  const { callerId, key, hash } = request;
  await forgetOld(transaction);
  const { rowCount } = await transaction.query(
    'insert into idempotency_keys (caller_id, key, request_hash) values ($1, $2, $3) on conflict do nothing',
    [callerId, key, hash],
  );
  if (rowCount === 0) {
    const { rows } = await transaction.query<{ request_hash: Buffer; answer: Answer }>(
      'select request_hash, answer from idempotency_keys where caller_id = $1 and key = $2',
      [callerId, key],
    );
    const known = rows[0];
    if (known?.request_hash.equals(hash) !== true) {
      throw new HttpProblem(422, 'idempotency-key-reused', 'this Idempotency-Key came with another request before');
    }
    return { answer: known.answer, replayed: true };
  }
  const answer = await work();
  await transaction.query('update idempotency_keys set answer = $3 where caller_id = $1 and key = $2', [
    callerId,
    key,
    JSON.stringify(answer),
  ]);
  return { answer, replayed: false };
}

async function forgetOld(transaction: Transaction): Promise<void> {
  await transaction.query(
    `delete from idempotency_keys where (caller_id, key) in (
       select caller_id, key from idempotency_keys where created_at < clock_timestamp() - interval '24 hours'
       limit 100 for update skip locked)`,
  );
}
