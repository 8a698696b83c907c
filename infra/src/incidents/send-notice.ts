import type { Notice, NoticeKind } from '@fleetbeat/contracts/delivery.ts';
import type { Transaction } from '../database/database.ts';
import { readIncidentAlerts } from './incident-rows.ts';
import type { LockedIncident } from './incident-store.ts';
import { noticeOf } from './notice-text.ts';

/** Has a notice delivered once the transaction is committed; answers the delivery's id. */
export type Enqueue = (
  transaction: Transaction,
  delivery: { channelId: string; idempotencyKey: string; notice: Notice },
) => Promise<number>;

export interface Outgoing {
  readonly enqueue: Enqueue;
  /** Where people see the dashboard. */
  readonly publicUrl: string;
}

/** Alerts of one notice, at most; further ones are counted. */
const NOTICE_ALERTS = 1_000;

export interface ToSend {
  readonly kind: NoticeKind;
  readonly reason: string;
  readonly channels: readonly string[];
  readonly alertIds: readonly number[];
}

/**
 * Sends a notice over each of the channels that are there and switched on. Each notice of an incident has a number of its own,
 * so a transaction that is tried again sends the same one. Answers the incident as it is now and the deliveries.
 */
export async function sendNotice(
  transaction: Transaction,
  incident: LockedIncident,
  { kind, reason, channels, alertIds }: ToSend,
  outgoing: Outgoing,
  now: number,
): Promise<{ incident: LockedIncident; deliveryIds: number[] }> {
  const usable = await usableChannels(transaction, channels);
  if (usable.length === 0) return { incident, deliveryIds: [] };
  const about = new Set(alertIds);
  const alerts = (await readIncidentAlerts(transaction, incident.id, NOTICE_ALERTS)).filter(({ id }) => about.has(id));
  const subject = { ...incident, groupLabels: incident.groupLabels };
  const notice = noticeOf(subject, alerts, { kind, reason, at: now, publicUrl: outgoing.publicUrl });
  const number = incident.notices + 1;
  const deliveryIds: number[] = [];
  for (const channelId of usable) {
    const idempotencyKey = `incident-${incident.id}-${number}-${channelId}`.slice(0, 200);
    deliveryIds.push(await outgoing.enqueue(transaction, { channelId, idempotencyKey, notice }));
  }
  await transaction.query('update incidents set notices = $2 where id = $1', [incident.id, number]);
  return { incident: { ...incident, notices: number }, deliveryIds };
}

async function usableChannels(transaction: Transaction, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const { rows } = await transaction.query<{ id: string }>(
    'select id from channels where id = any($1) and enabled and deleted_at is null order by id',
    [ids],
  );
  return rows.map(({ id }) => id);
}
