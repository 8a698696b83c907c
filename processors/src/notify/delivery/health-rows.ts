import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { storableText } from '@fleetbeat/infra/database/storable.ts';
import type { ChannelHealth } from './channel-gate.ts';
import type { Outcome } from './outcome.ts';

/** What all workers know of a channel: a row that whoever changes it has locked. */

const COLUMNS = `circuit, failures, openings, closed_until as "closedUntil", tokens, tokens_at as "tokensAt"`;

/** Locks a channel's row, which is made where there is none. Null where somebody else has it and `wait` is false. */
export async function lockHealth(transaction: Transaction, channelId: string, wait: boolean): Promise<ChannelHealth | null> {
  await transaction.query('insert into channel_health (channel_id) values ($1) on conflict do nothing', [channelId]);
  const { rows } = await transaction.query<ChannelHealth>(
    `select ${COLUMNS} from channel_health where channel_id = $1 for update ${wait ? '' : 'skip locked'}`,
    [channelId],
  );
  return rows[0] ?? null;
}

export async function writeHealth(transaction: Transaction, channelId: string, health: ChannelHealth): Promise<void> {
  await transaction.query(
    `update channel_health set circuit = $2, failures = $3, openings = $4, closed_until = $5, tokens = $6, tokens_at = $7
     where channel_id = $1`,
    [channelId, health.circuit, health.failures, health.openings, health.closedUntil, health.tokens, health.tokensAt],
  );
}

/** Remembers the last success or failure, for people. */
export async function noteOutcome(transaction: Transaction, channelId: string, outcome: Outcome, now: number): Promise<void> {
  const failure = outcome.kind === 'delivered' ? null : storableText(outcome.reason);
  await transaction.query(
    failure === null
      ? 'update channel_health set last_success_at = $2 where channel_id = $1'
      : 'update channel_health set last_failure_at = $2, last_error = $3 where channel_id = $1',
    failure === null ? [channelId, now] : [channelId, now, failure],
  );
}
