import { createHmac } from 'node:crypto';
import { MAX_AHEAD_MS, MAX_LATENESS_MS } from '@fleetbeat/contracts/events.ts';
import { decrypt, encrypt } from '../access/encrypt.ts';
import type { Transaction } from '../database/database.ts';
import { currentRequest } from '../request-id.ts';
import { hashHi, hashLo, hashString } from '../time-series/hash64.ts';

/** The table of erasures: asked for and looked at. Erasing is the processors' part. */

/**
 * Cuts are stored under this lock, shared; who asks for an erasure holds it alone. So every cut either was there before the
 * request, and is looked through, or knows of it. Any number that nobody else uses.
 */
export const ERASURE_LOCK = 6_174_902_342;

/** How much longer than the log's retention a processor may be away and still replay what it had not stored. */
const SLACK_MS = 7 * 86_400_000;

/** The columns of `Erasure`, for `from erasures`. */
export const ERASURE_COLUMNS = `id, subject, state, requested_by, reason, attempts, covers_until, watched_until, log_until,
  (extract(epoch from created_at) * 1000)::bigint as created_at, (extract(epoch from started_at) * 1000)::bigint as started_at,
  (extract(epoch from ended_at) * 1000)::bigint as ended_at, blocks, blocks_read, raw_events, dead_letters, late_events`;

export interface ErasureRequest {
  readonly userId: string;
  readonly requestedBy: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** How long the event log keeps records, in milliseconds. */
  readonly logKeptMs: number;
}

/** Writes down whom to erase; answers its id and subject, or null where the same user is being erased already. */
export async function addErasure(
  transaction: Transaction,
  secret: string,
  { userId, requestedBy, now, logKeptMs }: ErasureRequest,
): Promise<{ id: number; subject: string } | null> {
  const subject = subjectOf(secret, userId);
  await transaction.query('select pg_advisory_xact_lock($1)', [ERASURE_LOCK]);
  const under = await transaction.query(`select from erasures where subject = $1 and state in ('queued', 'running')`, [subject]);
  if (under.rowCount !== 0) return null;
  hashString(userId);
  const lastEventMs = now + MAX_LATENESS_MS;
  const { rows } = await transaction.query<{ id: number }>(
    `insert into erasures (subject, user_id, hash_hi, hash_lo, covers_until, watched_until, log_until, requested_by, request_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id`,
    [
      subject,
      encrypt(secret, contextOf(subject), userId),
      hashHi,
      hashLo,
      // What has arrived by now may carry a time that lies ahead.
      now + MAX_AHEAD_MS,
      lastEventMs + logKeptMs + SLACK_MS,
      lastEventMs + logKeptMs,
      requestedBy,
      currentRequest() ?? null,
    ],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('an erasure that was written down is gone');
  return { id, subject };
}

/** The user's id. Throws `DecryptionFailure`. */
export function userOf(secret: string, subject: string, encrypted: Buffer): string {
  return decrypt(secret, contextOf(subject), encrypted);
}

function contextOf(subject: string): string {
  return `erasure/${subject}`;
}

function subjectOf(secret: string, userId: string): string {
  return createHmac('sha256', secret).update(`fleetbeat subject of an erasure, version 1\0${userId}`).digest('hex').slice(0, 32);
}
