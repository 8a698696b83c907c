import { encrypt } from '@fleetbeat/infra/access/encrypt.ts';
import { inTransaction, type Database } from '@fleetbeat/infra/database/database.ts';
import type { ChannelType, DeliveryState, Notice } from '@fleetbeat/contracts/delivery.ts';
import { enqueueDelivery } from '@fleetbeat/infra/deliveries/enqueue-delivery.ts';

/** Channels and deliveries in a test's database. */

export const SECRET = 'the-secret-of-this-installation';

export async function addChannel(
  database: Database,
  type: ChannelType,
  config: object,
  secrets: object = {},
  over: { rate?: number; enabled?: boolean } = {},
): Promise<string> {
  const { rows } = await database.query<{ id: string }>(
    `insert into channels (name, type, config, rate_per_minute, enabled, updated_by)
     values (gen_random_uuid()::text, $1, $2, $3, $4, 'test') returning id`,
    [type, config, over.rate ?? null, over.enabled ?? true],
  );
  const id = rows[0]?.id ?? '';
  await database.query('update channels set secrets = $2 where id = $1', [id, encrypt(SECRET, id, JSON.stringify(secrets))]);
  return id;
}

export function enqueue(database: Database, channelId: string, idempotencyKey: string, notice: Notice): Promise<number> {
  return inTransaction(database, (transaction) => enqueueDelivery(transaction, { channelId, idempotencyKey, notice }));
}

export interface DeliveryRow {
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly next_try_at: number | null;
  readonly last_error: string | null;
  readonly provider_id: string | null;
  readonly log: readonly (string | null)[];
}

export async function readDelivery(database: Database, id: number): Promise<DeliveryRow> {
  const { rows } = await database.query<DeliveryRow>(
    `select state, attempts, next_try_at, last_error, provider_id,
       array(select outcome from delivery_attempts where delivery_id = d.id order by attempt) as log
     from deliveries d where id = $1`,
    [id],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`there is no delivery ${id}`);
  return row;
}
