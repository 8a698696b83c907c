import { USUAL_RATES } from '@fleetbeat/contracts/channels.ts';
import { TEST_DEDUP_KEY, type ChannelType } from '@fleetbeat/contracts/delivery.ts';
import { inTransaction, type Database, type Transaction } from '@fleetbeat/infra/database/database.ts';
import { admit, MAX_IN_FLIGHT } from './channel-gate.ts';
import { lockHealth, writeHealth } from './health-rows.ts';

/** Takes deliveries whose time has come and that their channel may be sent now. */

/** A delivery that is ours for now, and how many attempts had been begun when it was taken. */
export interface Claim {
  readonly delivery: number;
  readonly attempts: number;
  /** The request that asked for it; null: none. */
  readonly request_id?: string | null | undefined;
}

/**
 * For how long a delivery is whose it was given to, in milliseconds: from here to the beginning of its attempt, and again
 * from there to its end. Whoever has died by then is not waited for.
 */
export const LEASE_MS = 30_000;
const MAX_CHANNELS = 500;

interface DueChannel {
  readonly id: string;
  readonly type: ChannelType;
  readonly rate: number | null;
  readonly testing: boolean;
}

/** Sweeps once. However many sweep at the same time, a delivery is taken by one of them. */
export async function claimDue(database: Database, now: number): Promise<Claim[]> {
  const { rows: channels } = await database.query<DueChannel>({
    name: 'due-channels',
    text: `select * from (
             select c.id, c.type, c.rate_per_minute as rate, coalesce(h.closed_until, 0) as closed_until, exists (
               select 1 from deliveries t where t.channel_id = c.id and t.dedup_key = $2
                 and t.state in ('queued', 'retrying') and t.next_try_at <= $1) as testing
             from channels c left join channel_health h on h.channel_id = c.id
             where exists (
               select 1 from deliveries d
               where d.channel_id = c.id and d.state in ('queued', 'retrying') and d.next_try_at <= $1)
           ) due where closed_until <= $1 or testing limit $3`,
    values: [now, TEST_DEDUP_KEY, MAX_CHANNELS],
  });
  const claims: Claim[] = [];
  for (const channel of channels) {
    claims.push(...(await inTransaction(database, (transaction) => claimOfChannel(transaction, channel, now))));
  }
  return claims;
}

async function claimOfChannel(transaction: Transaction, { id, type, rate, testing }: DueChannel, now: number): Promise<Claim[]> {
  const health = await lockHealth(transaction, id, false);
  if (health === null) return [];
  // Somebody waits for the answer of a test, whatever state the channel is in.
  const tests = testing ? await lockDue(transaction, id, true, 1, now) : [];
  const due = await lockDue(transaction, id, false, MAX_IN_FLIGHT, now);
  const { rows: flying } = await transaction.query<{ flying: number }>(
    `select count(*) as flying from deliveries
     where channel_id = $1 and state in ('queued', 'retrying') and next_try_at > $2 and claimed_until > $2`,
    [id, now],
  );
  const admitted = admit(
    health,
    {
      ratePerMinute: rate ?? USUAL_RATES[type],
      inFlight: flying[0]?.flying ?? 0,
      wanted: due.length,
      probeMs: LEASE_MS,
    },
    now,
  );
  if (admitted.health !== health) await writeHealth(transaction, id, admitted.health);
  const claims = [...tests, ...due.slice(0, admitted.permits)];
  await transaction.query('update deliveries set claimed_until = $2, next_try_at = $2 where id = any($1)', [
    claims.map(({ delivery }) => delivery),
    now + LEASE_MS,
  ]);
  return claims;
}

/**
 * Deliveries of a channel that are due, each the oldest of its key: what is told about an incident is told in order, or a
 * late try of its beginning would follow its end.
 */
async function lockDue(
  transaction: Transaction,
  channelId: string,
  tests: boolean,
  limit: number,
  now: number,
): Promise<Claim[]> {
  const { rows } = await transaction.query<Claim>(
    `select d.id as delivery, d.attempts, d.request_id from deliveries d
     where d.channel_id = $1 and d.state in ('queued', 'retrying') and d.next_try_at <= $2
       and d.dedup_key ${tests ? '=' : '<>'} $3
       and not exists (
         select 1 from deliveries e where e.channel_id = d.channel_id and e.dedup_key = d.dedup_key
           and e.state in ('queued', 'retrying') and e.id < d.id)
     order by d.next_try_at, d.id limit $4 for update skip locked`,
    [channelId, now, TEST_DEDUP_KEY, limit],
  );
  return rows;
}

/** Gives back what could not be handed on; somebody tries again a second later. */
export async function releaseClaims(database: Database, claims: readonly Claim[], now: number): Promise<void> {
  await database.query(
    `update deliveries d set claimed_until = null, next_try_at = $3
     from unnest($1::bigint[], $2::int[]) as c (id, attempts)
     where d.id = c.id and d.attempts = c.attempts and d.state in ('queued', 'retrying')`,
    [claims.map(({ delivery }) => delivery), claims.map(({ attempts }) => attempts), now + 1_000],
  );
}
