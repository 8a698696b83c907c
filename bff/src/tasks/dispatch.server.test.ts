import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TaskState } from '@fleetbeat/contracts/task-state.ts';
import { createMetrics } from '@fleetbeat/infra/metrics.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { expireLeases } from '@fleetbeat/infra/tasks/expire-leases.ts';
import { type FreshDatabase, freshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { createChange } from '../http/change.ts';
import { createDispatch, type Holding } from './dispatch.ts';
import { createTaskChanges } from './task-changes.ts';

const START = 1_800_000_000_000;
const asker = { actor: { id: 'test', type: 'api_key' as const }, requestId: 'test' };
const AGENTS = ['ann', 'bob', 'cid'];

let fresh: FreshDatabase;
let clock = START;
const now = () => clock;
let dispatch: ReturnType<typeof createDispatch>;
let tasks: ReturnType<typeof createTaskChanges>;

beforeAll(async () => {
  fresh = await freshDatabase();
  const effects = { change: createChange(fresh.database, createMetrics('test')), announce: () => undefined, now };
  dispatch = createDispatch(effects);
  tasks = createTaskChanges(effects);
  await fresh.database.query(`insert into sources (topic, partition) values ('agent-events', 0)`);
  for (const id of AGENTS) {
    await fresh.database.query(
      `insert into agents (agent_id, source, status, capabilities, first_seen, last_seen) values ($1, 1, 'online', '{code}', 0, 0)`,
      [id],
    );
  }
});
afterAll(() => fresh.drop());

async function empty(): Promise<void> {
  await fresh.database.query('truncate task_leases, tasks, workflows, agent_task_totals cascade');
  await fresh.database.query(`insert into workflows (workflow_id, name, created_at, changed_at) values ('flow', 'flow', 0, 0)`);
  await fresh.database.query('update agents set paused = false, archived_at = null');
}
const make = (id: string, fields: Record<string, unknown> = {}) =>
  tasks.create(asker, { name: id, task_id: id, ...fields }, null);
const claim = async (agent: string, limit = 1, capabilities?: string[], lease = 60) =>
  (await dispatch.claim(asker, agent, { limit, lease_seconds: lease, capabilities }, null)).items;
const holdingOf = (agentId: string, item: Awaited<ReturnType<typeof claim>>[number] | undefined): Holding => ({
  agentId,
  taskId: item?.task.task_id ?? '',
  token: item?.lease.lease_token ?? '',
});
async function code(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'done',
    (error: unknown) => (error instanceof HttpProblem ? error.code : String(error)),
  );
}
async function stored(taskId: string): Promise<TaskState> {
  const { rows } = await fresh.database.query<TaskState>('select * from tasks where task_id = $1', [taskId]);
  const [row] = rows;
  if (row === undefined) throw new Error(`${taskId} is not there`);
  return row;
}

describe('an agent that asks for work', () => {
  it('is given what is most urgent, due next and oldest, and what it can do', async () => {
    await empty();
    await make('old');
    clock += 1;
    await make('new');
    await make('due', { due_date: START });
    await make('urgent', { priority: 'high' });
    await make('other', { priority: 'high', agent_id: 'bob' });
    await make('gpu', { priority: 'high', capabilities: ['gpu'] });
    expect((await claim('ann', 10)).map(({ task }) => task.task_id)).toEqual(['urgent', 'due', 'old', 'new']);
    expect((await claim('ann', 10, ['gpu', 'code'])).map(({ task }) => task.task_id)).toEqual(['gpu']);
    expect((await claim('bob', 10)).map(({ task }) => task.task_id)).toEqual(['other']);
  });

  it('is given nothing while it is paused, and is nobody where it was never seen', async () => {
    await empty();
    await make('one');
    await fresh.database.query(`update agents set paused = true, archived_at = 1 where agent_id = 'ann'`);
    expect(await dispatch.claim(asker, 'ann', { limit: 1, lease_seconds: 60 }, null)).toEqual({ items: [], paused: true });
    expect(await code(claim('nobody'))).toBe('unknown-agent');
    expect(await claim('bob')).toHaveLength(1);
  });

  it('gets what nobody else gets, however many ask at once', async () => {
    await empty();
    for (let i = 0; i < 30; i++) await make(`t${i}`);
    const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => claim(AGENTS[i % 3] ?? '', 5)));
    const given = answers.flat().map(({ task }) => task.task_id);
    expect(new Set(given).size).toBe(given.length);
    expect(given.length).toBe(30);
  });
});

describe('a lease', () => {
  it('ends with the completion, which may be told twice', async () => {
    await empty();
    await make('one');
    const held = holdingOf('ann', (await claim('ann'))[0]);
    expect(await dispatch.complete(asker, held, { ok: 1 })).toMatchObject({
      status: 'completed',
      progress: 100,
      result: { ok: 1 },
    });
    expect(await code(dispatch.complete(asker, held, { ok: 2 }))).toBe('done');
    expect(await stored('one')).toMatchObject({ result: { ok: 1 } });
    expect(await code(dispatch.fail(asker, held, 'late', true))).toBe('lease-lost');
    expect(await code(dispatch.heartbeat(asker, held, undefined))).toBe('lease-lost');
  });

  it('that has run out gives the task back after a while, until its attempts are used up', async () => {
    await empty();
    await make('one', { max_attempts: 2 });
    const first = holdingOf('ann', (await claim('ann'))[0]);
    clock += 59_000;
    await dispatch.heartbeat(asker, first, 40);
    clock += 59_000;
    expect((await expireLeases(fresh.database, clock)).ended).toBe(0);
    clock += 1_000;
    expect(await code(dispatch.complete(asker, first, null))).toBe('lease-lost');
    expect((await expireLeases(fresh.database, clock)).ended).toBe(1);
    expect(await stored('one')).toMatchObject({ status: 'pending', agent_id: null, not_before: clock + 2_000 });
    expect(await claim('bob')).toEqual([]);
    clock += 2_000;
    const second = holdingOf('bob', (await claim('bob'))[0]);
    expect(await code(dispatch.complete(asker, first, null))).toBe('lease-lost');
    expect(await code(dispatch.complete(asker, { ...second, agentId: 'ann' }, null))).toBe('lease-lost');
    clock += 60_000;
    await expireLeases(fresh.database, clock);
    expect(await stored('one')).toMatchObject({ status: 'failed', agent_id: 'bob' });
  });

  it('is given up when the attempt takes longer than the task allows, and when a person says so', async () => {
    await empty();
    await make('slow', { timeout_seconds: 10 });
    const slow = holdingOf('ann', (await claim('ann'))[0]);
    clock += 10_000;
    expect(await code(dispatch.heartbeat(asker, slow, undefined))).toBe('lease-lost');
    expect((await expireLeases(fresh.database, clock)).ended).toBe(1);
    await make('given');
    const given = holdingOf('bob', (await claim('bob'))[0]);
    await tasks.update(asker, 'given', { status: 'cancelled' }, () => undefined);
    expect(await code(dispatch.complete(asker, given, null))).toBe('lease-lost');
    expect(await stored('given')).toMatchObject({ status: 'cancelled' });
  });

  it('that is given back, or failed for good, counts so', async () => {
    await empty();
    await make('one', { agent_id: 'ann' });
    await dispatch.release(asker, holdingOf('ann', (await claim('ann'))[0]));
    expect(await stored('one')).toMatchObject({ status: 'pending', claims: 0, agent_id: 'ann' });
    await dispatch.fail(asker, holdingOf('ann', (await claim('ann'))[0]), 'no use', false);
    expect(await stored('one')).toMatchObject({ status: 'failed', error: 'no use', claims: 1 });
    await tasks.update(asker, 'one', { status: 'pending' }, () => undefined);
    expect(await stored('one')).toMatchObject({ claims: 0 });
  });
});
