import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { ChannelTest } from '@fleetbeat/contracts/channels.ts';
import { TEST_DEDUP_KEY, type Notice } from '@fleetbeat/contracts/delivery.ts';
import { enqueueDelivery } from '@fleetbeat/infra/deliveries/enqueue-delivery.ts';
import type { Change } from '../http/change.ts';
import type { ReadQuery } from '../http/read-query.ts';
import { unknownChannel } from './channel-changes.ts';

/** How long an answer is waited for, and how often it is looked for, in milliseconds. */
const WAIT_MS = 15_000;
const LOOK_MS = 200;

export interface TryOutParts {
  readonly change: Change;
  readonly query: ReadQuery;
  readonly publicUrl: string;
  readonly now: () => number;
  readonly waitMs?: number | undefined;
}

/** Sends a real notice of kind `test` the way every notice goes, and answers what became of it. */
export type TryOut = (channelId: string, who: string) => Promise<ChannelTest>;

type Found = Pick<ChannelTest, 'status' | 'reason' | 'provider_id'> & { state: string };

export function createTryOut({ change, query, publicUrl, now, waitMs = WAIT_MS }: TryOutParts): TryOut {
  return async (channelId, who) => {
    const began = now();
    const deliveryId = await change('channels.test', async (transaction) => {
      const { rows } = await transaction.query<{ name: string }>(
        'select name from channels where id = $1 and deleted_at is null for share',
        [channelId],
      );
      const [channel] = rows;
      if (channel === undefined) throw unknownChannel();
      return enqueueDelivery(transaction, {
        channelId,
        idempotencyKey: `test:${randomUUID()}`,
        notice: testNotice(channel.name, who, publicUrl, began),
      });
    });
    for (;;) {
      const [found] = await query<Found>(
        'channels.test',
        `select d.state, d.provider_id, a.status, coalesce(a.reason, d.last_error) as reason
         from deliveries d left join delivery_attempts a on a.delivery_id = d.id and a.attempt = d.attempts
         where d.id = $1`,
        [deliveryId],
      );
      const over = found?.state === 'delivered' || found?.state === 'dead';
      const passed = now() - began;
      if (over || passed >= waitMs) {
        const outcome = !over ? 'pending' : found.state === 'delivered' ? 'delivered' : 'failed';
        const { status = null, reason = null, provider_id = null } = found ?? {};
        return { delivery_id: deliveryId, outcome, status, reason, provider_id, duration_ms: passed };
      }
      await wait(LOOK_MS);
    }
  };
}

function testNotice(channel: string, who: string, publicUrl: string, now: number): Notice {
  const summary = `${who} tries out the channel ${channel}. Nothing is wrong.`;
  return {
    kind: 'test',
    dedup_key: TEST_DEDUP_KEY,
    incident_id: null,
    severity: 'info',
    title: 'Fleetbeat reaches you here',
    body: summary,
    url: publicUrl,
    at: now,
    started_at: now,
    group_labels: { test: 'true' },
    alerts: [
      {
        id: 0,
        rule_id: 'test',
        rule_name: 'Test',
        set: 'fleet',
        key: 'all',
        state: 'firing',
        severity: 'info',
        value: null,
        labels: { test: 'true' },
        annotations: { summary },
        runbook_url: null,
        fired_at: now,
        resolved_at: null,
      },
    ],
    more_alerts: 0,
  };
}
