import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Notice } from '@fleetbeat/contracts/delivery.ts';
import { inTransaction } from '../database/database.ts';
import { freshDatabase, type FreshDatabase } from '../testing/servers.ts';
import { enqueueDelivery } from './enqueue-delivery.ts';

const NOTICE: Notice = {
  kind: 'firing',
  dedup_key: 'incident-7',
  incident_id: 7,
  severity: 'error',
  title: 'agent-1 is offline',
  body: 'a zero byte: \u0000',
  url: 'http://127.0.0.1:3000/incidents/7',
  at: 1_800_000_000_000,
  started_at: 1_800_000_000_000,
  group_labels: {},
  alerts: [],
  more_alerts: 0,
};

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase();
  await fresh.database.query(`insert into channels (id, name, type, updated_by) values ('hook', 'Hook', 'webhook', 'test')`);
});
afterAll(() => fresh.drop());

const enqueue = (channelId: string, idempotencyKey: string) =>
  inTransaction(fresh.database, (transaction) => enqueueDelivery(transaction, { channelId, idempotencyKey, notice: NOTICE }));

describe('a delivery', () => {
  it('is due from the time of its notice, and is there once however often it is asked for', async () => {
    const ids = await Promise.all(Array.from({ length: 10 }, () => enqueue('hook', 'incident-7:1')));
    expect(new Set(ids).size).toBe(1);
    const { rows } = await fresh.database.query('select state, attempts, dedup_key, next_try_at, claimed_until from deliveries');
    expect(rows).toEqual([
      { state: 'queued', attempts: 0, dedup_key: 'incident-7', next_try_at: NOTICE.at, claimed_until: null },
    ]);
  });

  it('goes with the transaction that asks for it', async () => {
    const failing = inTransaction(fresh.database, async (transaction) => {
      await enqueueDelivery(transaction, { channelId: 'hook', idempotencyKey: 'rolled-back', notice: NOTICE });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    const { rowCount } = await fresh.database.query(`select 1 from deliveries where idempotency_key = 'rolled-back'`);
    expect(rowCount).toBe(0);
  });

  it('needs a channel', async () => {
    await expect(enqueue('nowhere', 'incident-8:1')).rejects.toThrow(/deliveries_channel_id_fkey/);
  });
});
