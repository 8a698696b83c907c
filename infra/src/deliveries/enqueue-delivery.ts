import type { Notice } from '@fleetbeat/contracts/delivery.ts';
import type { Transaction } from '../database/database.ts';
import { storableJson } from '../database/storable.ts';
import { currentRequest } from '../request-id.ts';

export interface NewDelivery {
  readonly channelId: string;
  /** Of everything that is told under one key the first is delivered; the receiver is given it as well. At most 200 characters. */
  readonly idempotencyKey: string;
  readonly notice: Notice;
}

/**
 * Has a notice delivered once `transaction` has been committed, and answers the delivery's id: the one that is there already
 * where the key is known. Workers begin within a second. Rejects where there is no such channel.
 */
export async function enqueueDelivery(
  transaction: Transaction,
  { channelId, idempotencyKey, notice }: NewDelivery,
): Promise<number> {
  const { rows } = await transaction.query<{ id: number }>({
    name: 'enqueue-delivery',
    text: `with added as (
             insert into deliveries (channel_id, idempotency_key, notice, created_at, next_try_at, request_id)
             values ($1, $2, $3, $4, $4, $5)
             on conflict (idempotency_key) do nothing returning id)
           select id from added union all select id from deliveries where idempotency_key = $2`,
    values: [channelId, idempotencyKey, storableJson(notice), notice.at, currentRequest() ?? null],
  });
  // Another transaction may have added it after this statement began: whoever looks again finds it.
  return rows[0]?.id ?? enqueueDelivery(transaction, { channelId, idempotencyKey, notice });
}
