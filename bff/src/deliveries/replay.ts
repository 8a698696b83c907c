import { recordChange, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Change } from '../http/change.ts';

/** Has dead deliveries tried again, under the keys they had, with all their tries before them. Throws problems. */
export interface Replay {
  one(asker: Asker, deliveryId: number): Promise<void>;
  /**
   * Those of a channel, the oldest first. What something newer has been told about since is left out: its time has gone.
   * Answers how many are tried again.
   */
  ofChannel(asker: Asker, channelId: string, limit: number): Promise<number>;
}

const ALIVE = `state = 'queued', next_try_at = $2, claimed_until = null, attempts_before_replay = attempts, request_id = $3`;

export function createReplay(change: Change, now: () => number): Replay {
  return {
    async one(asker, deliveryId) {
      await change('deliveries.replay', async (transaction) => {
        const { rows } = await transaction.query<{ state: string; usable: boolean }>(
          `select d.state, c.enabled and c.deleted_at is null as usable
           from deliveries d join channels c on c.id = d.channel_id where d.id = $1 for update of d`,
          [deliveryId],
        );
        const [delivery] = rows;
        if (delivery === undefined) throw unknownDelivery();
        if (delivery.state !== 'dead') {
          throw new HttpProblem(409, 'not-dead', `it is ${delivery.state}: only what was given up is tried again`);
        }
        if (!delivery.usable) throw new HttpProblem(409, 'channel-off', 'its channel is switched off or deleted');
        await transaction.query(`update deliveries set ${ALIVE} where id = $1`, [deliveryId, now(), asker.requestId]);
        await written(transaction, asker, 'delivery', String(deliveryId), 1);
      });
    },

    async ofChannel(asker, channelId, limit) {
      return change('deliveries.replay-channel', async (transaction) => {
        const { rows } = await transaction.query<{ enabled: boolean }>(
          'select enabled from channels where id = $1 and deleted_at is null for share',
          [channelId],
        );
        const [channel] = rows;
        if (channel === undefined) throw new HttpProblem(404, 'unknown-channel', 'there is no channel of this id');
        if (!channel.enabled) throw new HttpProblem(409, 'channel-off', 'the channel is switched off');
        const { rowCount } = await transaction.query(
          `update deliveries set ${ALIVE} where id in (
             select d.id from deliveries d
             where d.channel_id = $1 and d.state = 'dead' and d.notice ->> 'kind' <> 'test' and not exists (
               select 1 from deliveries n
               where n.channel_id = d.channel_id and n.dedup_key = d.dedup_key and n.id > d.id and n.state = 'delivered')
             order by d.id limit $4 for update)`,
          [channelId, now(), asker.requestId, limit],
        );
        const replayed = rowCount ?? 0;
        if (replayed > 0) await written(transaction, asker, 'channel', channelId, replayed);
        return replayed;
      });
    },
  };
}

export function unknownDelivery(): HttpProblem {
  return new HttpProblem(404, 'unknown-delivery', 'there is no delivery of this id, or not any more');
}

async function written(
  transaction: Transaction,
  { actor, requestId }: Asker,
  entityType: 'delivery' | 'channel',
  entityId: string,
  replayed: number,
): Promise<void> {
  const changes = { replayed: { before: null, after: replayed } };
  await recordChange(transaction, { entityType, entityId, action: 'updated', actor, changes, requestId });
}
