import * as z from 'zod';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { Delivery, DeliveryState, WholeDelivery } from '@fleetbeat/contracts/delivery.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import type { ReadQuery } from '../http/read-query.ts';

export interface DeliveryFilter {
  channel_id?: string | undefined;
  state?: DeliveryState | undefined;
  incident_id?: number | undefined;
  limit: number;
  cursor?: string | undefined;
}

export interface DeliveriesReadModel {
  /** The newest first. */
  list(filter: DeliveryFilter): Promise<List<Delivery>>;
  find(deliveryId: number): Promise<WholeDelivery | null>;
}

const COLUMNS = `d.id, d.channel_id, c.name as channel_name, c.type as channel_type, d.idempotency_key, d.state,
  d.notice ->> 'kind' as kind, d.notice ->> 'severity' as severity, d.notice ->> 'title' as title, d.dedup_key,
  (d.notice ->> 'incident_id')::bigint as incident_id, d.attempts, d.created_at,
  case when d.claimed_until is null then d.next_try_at end as next_try_at, d.delivered_at, d.last_error, d.provider_id`;

const POSITION = z.tuple([z.number().int()]);

export function createDeliveriesReadModel(query: ReadQuery): DeliveriesReadModel {
  return {
    async list(filter) {
      const values: unknown[] = [];
      const place = (value: unknown) => `$${values.push(value)}`;
      const conditions = ['true'];
      if (filter.channel_id !== undefined) conditions.push(`d.channel_id = ${place(filter.channel_id)}`);
      if (filter.state !== undefined) conditions.push(`d.state = ${place(filter.state)}`);
      if (filter.incident_id !== undefined) conditions.push(`d.notice ->> 'incident_id' = ${place(String(filter.incident_id))}`);
      if (filter.cursor !== undefined) conditions.push(`d.id < ${place(decodeCursor(filter.cursor, POSITION)[0])}`);
      const rows = await query<Delivery>(
        'deliveries.list',
        `select ${COLUMNS} from deliveries d join channels c on c.id = d.channel_id
         where ${conditions.join(' and ')} order by d.id desc limit ${place(filter.limit + 1)}`,
        values,
      );
      return pageOf(
        rows,
        filter.limit,
        (row) => row,
        (row) => [row.id],
      );
    },

    async find(deliveryId) {
      const [row] = await query<WholeDelivery>(
        'deliveries.find',
        `select ${COLUMNS}, d.notice, (
           select coalesce(jsonb_agg(to_jsonb(a) - 'delivery_id' order by a.attempt), '[]')
           from (select * from delivery_attempts where delivery_id = d.id order by attempt desc limit 100) a) as attempt_log
         from deliveries d join channels c on c.id = d.channel_id where d.id = $1`,
        [deliveryId],
      );
      return row ?? null;
    },
  };
}
