import { afterAll, beforeAll, expect, it } from 'vitest';
import { applyTaskChange, type TaskFields } from '@fleetbeat/contracts/task-state.ts';
import { inTransaction } from '@fleetbeat/infra/database/database.ts';
import { changeTasks } from '@fleetbeat/infra/tasks/task-rows.ts';
import { freshDatabase, type FreshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { tellOverdueTasks } from './tell-overdue-tasks.ts';

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());

const change = (id: string, fields: TaskFields, at = NOW) =>
  inTransaction(fresh.database, (transaction) =>
    changeTasks(transaction, [id], (_id, before) => applyTaskChange(before, id, fields, [at, 0])),
  );
const titles = async (now: number) =>
  (await tellOverdueTasks(fresh.database, now)).map(({ data }) => ('title' in data ? data.title : ''));

it('tells of a task that is overdue once, and anew where it has another due date', async () => {
  await change('late', { name: 'Index the archive', due_date: NOW });
  await change('done', { due_date: NOW, status: 'completed' });
  await change('forgotten', { due_date: NOW - 25 * HOUR });
  await change('without', { status: 'in_progress' });
  expect(await titles(NOW)).toEqual([]);
  const sweeps = await Promise.all([titles(NOW + 1), titles(NOW + 1), titles(NOW + 1)]);
  expect(sweeps.flat()).toEqual(['Overdue: Index the archive']);
  expect(await titles(NOW + HOUR)).toEqual([]);

  await change('late', { due_date: NOW + 2 * HOUR, status: 'in_progress', agent_id: 'agent-1' }, NOW + HOUR);
  expect(await titles(NOW + HOUR)).toEqual([]);
  const [told] = await tellOverdueTasks(fresh.database, NOW + 3 * HOUR);
  expect(told).toMatchObject({
    type: 'notification',
    data: { severity: 'warning', subject: { type: 'task', id: 'late' }, body: 'agent-1 works on it.', rule_id: null },
  });
});

it('tells of what has ended with the change that ended it, many at once as one', async () => {
  const failed = await change('failing', { name: 'Fetch', status: 'failed', error: 'no such host' }, Date.now());
  expect(failed.notifications).toMatchObject([
    { kind: 'task_failed', severity: 'error', title: 'Fetch has failed', body: 'no such host' },
  ]);
  expect((await change('failing', { progress: 0.5 }, Date.now() + 1)).notifications).toEqual([]);
  const completed = await change('failing', { status: 'completed' }, Date.now() + 2);
  expect(completed.notifications).toMatchObject([{ kind: 'task_completed', severity: 'info', title: 'Fetch is completed' }]);

  expect((await change('history', { status: 'completed' }, Date.now() - HOUR)).notifications).toEqual([]);

  const ids = Array.from({ length: 40 }, (_, index) => `many-${index}`);
  const many = await inTransaction(fresh.database, (transaction) =>
    changeTasks(transaction, ids, (id, before) => applyTaskChange(before, id, { status: 'completed' }, [Date.now(), 0])),
  );
  expect(many.notifications).toMatchObject([{ title: '40 tasks are completed', subject: null }]);
});
