import { CHANNEL_SCHEMAS } from '@fleetbeat/contracts/channels.ts';
import { CHANNEL_TYPES, type ChannelType, type Notice } from '@fleetbeat/contracts/delivery.ts';
import { decrypt } from '@fleetbeat/infra/access/encrypt.ts';
import { inTransaction, type Database } from '@fleetbeat/infra/database/database.ts';
import { storableText } from '@fleetbeat/infra/database/storable.ts';
import type { Effects, Send } from '../channels/channel.ts';
import { SEND } from '../channels/channels.ts';
import { afterAttempt } from './channel-gate.ts';
import { LEASE_MS, type Claim } from './claim-due.ts';
import { lockHealth, noteOutcome, writeHealth } from './health-rows.ts';
import { hideSecrets } from './hide-secrets.ts';
import { MAX_AGE_MS, nextTry } from './next-try.ts';
import { permanent, retryable, type Outcome } from './outcome.ts';

export interface DeliverParts {
  readonly database: Database;
  /** What channels' secrets are encrypted under. */
  readonly secret: string;
  readonly effects: Effects;
  readonly now: () => number;
  /** 0 to 1. */
  readonly random: () => number;
}

/** What became of an attempt, for metrics. */
export interface Attempted {
  readonly type: string;
  readonly outcome: Outcome;
}

interface Begun {
  readonly id: number;
  readonly channelId: string;
  readonly key: string;
  readonly notice: Notice;
  /** This one counted. */
  readonly attempts: number;
  readonly attemptsBeforeReplay: number;
  readonly createdAt: number;
  readonly type: string;
  readonly usable: boolean;
  readonly config: unknown;
  readonly secrets: Buffer | null;
}

/**
 * Makes one attempt to deliver. It is written down before anything is sent and counted by the row itself, so that of any
 * number of jobs for one attempt, and of a job that runs twice, one sends. Answers null where another has, or will. An
 * attempt whose process dies is made again, as the next one, once its lease is over: at least once, under the same
 * idempotency key.
 */
export function createDeliver(parts: DeliverParts): (claim: Claim) => Promise<Attempted | null> {
  const { database, now } = parts;
  return async ({ delivery, attempts }) => {
    const { rows } = await database.query<Begun>({
      name: 'begin-attempt',
      text: `with begun as (
               update deliveries set attempts = attempts + 1, claimed_until = $3::bigint + $4, next_try_at = $3::bigint + $4
               where id = $1 and attempts = $2 and state in ('queued', 'retrying') returning *
             ), logged as (
               insert into delivery_attempts (delivery_id, attempt, started_at) select id, attempts, $3 from begun
             )
             select b.id, b.channel_id as "channelId", b.idempotency_key as key, b.notice, b.attempts,
               b.attempts_before_replay as "attemptsBeforeReplay", b.created_at as "createdAt",
               c.type, c.enabled and c.deleted_at is null as usable, c.config, c.secrets
             from begun b join channels c on c.id = b.channel_id`,
      values: [delivery, attempts, now(), LEASE_MS],
    });
    const [begun] = rows;
    if (begun === undefined) return null;
    const { outcome, sent } = await attempt(parts, begun);
    await finish(parts, begun, outcome, sent);
    return { type: begun.type, outcome };
  };
}

/** `sent` is false where the channel was not even asked, so that the outcome says nothing about it. */
async function attempt(parts: DeliverParts, begun: Begun): Promise<{ outcome: Outcome; sent: boolean }> {
  const now = parts.now();
  if (!begun.usable) return unsent('the channel is switched off or deleted');
  if (now - begun.createdAt > MAX_AGE_MS && begun.attemptsBeforeReplay === 0) {
    return unsent('it has waited for more than a day: whoever reads it now would be misled');
  }
  const type = CHANNEL_TYPES.find((each) => each === begun.type);
  if (type === undefined) return unsent(`this version knows no channels of type ${begun.type}`);
  let secretText: string;
  try {
    secretText = begun.secrets === null ? '{}' : decrypt(parts.secret, begun.channelId, begun.secrets);
  } catch {
    return unsent('the secrets of the channel cannot be decrypted: FLEETBEAT_SECRET is another one; set them again');
  }
  const config = CHANNEL_SCHEMAS[type].config.safeParse(begun.config);
  const secrets = CHANNEL_SCHEMAS[type].secrets.safeParse(JSON.parse(secretText));
  if (!config.success || !secrets.success) return unsent('the configuration of the channel is not complete: save it again');
  // The schemas that were just applied are those of this very type.
  const send = SEND[type] as Send<ChannelType>;
  const outcome = await send(
    { notice: begun.notice, idempotencyKey: begun.key, config: config.data, secrets: secrets.data, now },
    parts.effects,
  ).catch((error: unknown) => retryable(error instanceof Error ? error.message : String(error)));
  return { outcome: withoutSecrets(outcome, Object.values(secrets.data)), sent: true };
}

function unsent(reason: string): { outcome: Outcome; sent: boolean } {
  return { outcome: permanent(reason), sent: false };
}

function withoutSecrets(outcome: Outcome, secrets: readonly (string | undefined)[]): Outcome {
  return outcome.reason === undefined ? outcome : { ...outcome, reason: hideSecrets(outcome.reason, secrets) };
}

async function finish({ database, now, random }: DeliverParts, begun: Begun, outcome: Outcome, sent: boolean): Promise<void> {
  const at = now();
  const next = nextTry(outcome, begun.attempts - begun.attemptsBeforeReplay, begun.notice.kind === 'test', at, random());
  const delivered = outcome.kind === 'delivered';
  await inTransaction(database, async (transaction) => {
    await transaction.query(
      `update delivery_attempts set ended_at = $3, outcome = $4, status = $5, reason = $6 where delivery_id = $1 and attempt = $2`,
      [begun.id, begun.attempts, at, outcome.kind, outcome.status, storableText(outcome.reason)],
    );
    // Whoever had to wait for longer than the lease knows no more than that it was delivered.
    await transaction.query(
      `update deliveries set state = $3, next_try_at = $4, claimed_until = null, last_error = $5,
         provider_id = coalesce($6, provider_id), delivered_at = $7
       where id = $1 and (attempts = $2 or $8) and state in ('queued', 'retrying')`,
      [
        begun.id,
        begun.attempts,
        next.state,
        next.at,
        storableText(next.error),
        delivered ? storableText(outcome.providerId) : null,
        delivered ? at : null,
        delivered,
      ],
    );
    if (!sent) return;
    const health = await lockHealth(transaction, begun.channelId, true);
    if (health === null) return;
    await writeHealth(transaction, begun.channelId, afterAttempt(health, outcome, at, random()));
    await noteOutcome(transaction, begun.channelId, outcome, at);
  });
}
