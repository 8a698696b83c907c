import { afterAll, beforeAll, expect, it } from 'vitest';
import { notificationSchema } from '@fleetbeat/contracts/alerts.ts';
import { inTransaction } from '../database/database.ts';
import { freshDatabase, type FreshDatabase } from '../testing/servers.ts';
import { recordNotification, type WorkNotification } from './record-notification.ts';

const FAILED: WorkNotification = {
  kind: 'task_failed',
  subject: { type: 'task', id: 'task-1' },
  title: 'Index the archive failed',
  at: 1_800_000_000_000,
};

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());

const record = (notification: WorkNotification) =>
  inTransaction(fresh.database, (transaction) => recordNotification(transaction, notification));

it('tells once, however many tell it at the same time', async () => {
  const told = await Promise.all(Array.from({ length: 8 }, () => record(FAILED)));
  const [first, ...more] = told.filter((notification) => notification !== null);
  expect(more).toEqual([]);
  expect(notificationSchema.parse(first)).toMatchObject({
    severity: 'error',
    rule_id: null,
    subject: { type: 'task', id: 'task-1' },
  });
  expect(await record({ ...FAILED, dedupKey: 'task-1, second attempt' })).not.toBeNull();
});

it('takes a title of any length and content', async () => {
  const told = await record({ ...FAILED, kind: 'task_completed', title: `\u0000${'🦊'.repeat(100)}` });
  expect([...(told?.title ?? '')]).toHaveLength(80);
});
