import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyTaskEvent, type TaskState } from '@fleetbeat/contracts/task-state.ts';
import { inTransaction } from '@fleetbeat/infra/database/database.ts';
import { createMetrics } from '@fleetbeat/infra/metrics.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { expireLeases } from '@fleetbeat/infra/tasks/expire-leases.ts';
import { changeTasks } from '@fleetbeat/infra/tasks/task-rows.ts';
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

/** What must hold whenever nothing is under way. */
async function checkBooks(): Promise<void> {
  const { rows: broken } = await fresh.database.query(`
    select 'lease' as what, task_id from task_leases l join tasks t using (task_id)
      where l.ended_at is null and (t.status <> 'in_progress' or t.agent_id is distinct from l.agent_id)
    union all
    select 'waiting', t.task_id from tasks t
      where t.waiting_for <> (select count(*) from tasks p where p.task_id = any(t.depends_on) and p.status <> 'completed')
    union all
    select 'workflow', w.workflow_id from workflows w, lateral (
        select count(*) filter (where status = 'pending' and waiting_for = 0) as pending,
          count(*) filter (where status = 'pending' and waiting_for > 0) as waiting,
          count(*) filter (where status = 'in_progress') as in_progress, count(*) filter (where status = 'completed') as completed,
          count(*) filter (where status = 'failed') as failed, count(*) filter (where status = 'cancelled') as cancelled
        from tasks t where t.workflow_id = w.workflow_id and t.deleted_at is null) is_now
      where (w.pending, w.waiting, w.in_progress, w.completed, w.failed, w.cancelled) <>
        (is_now.pending, is_now.waiting, is_now.in_progress, is_now.completed, is_now.failed, is_now.cancelled)
    union all
    select 'totals', a.agent_id from agents a left join agent_task_totals n using (agent_id)
      where coalesce(n.total_tasks, 0) <>
              (select count(*) from tasks t where t.agent_id = a.agent_id and t.status in ('completed', 'failed'))
         or coalesce(n.failed_tasks, 0) <> (select count(*) from tasks t where t.agent_id = a.agent_id and t.status = 'failed')`);
  expect(broken).toEqual([]);
}

const TASKS = ['a', 'b', 'c', 'd', 'e'];
const agent = fc.constantFrom(...AGENTS);
const task = fc.constantFrom(...TASKS);
const step = fc.oneof(
  fc.record({ do: fc.constant('claim' as const), agent, limit: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ do: fc.constantFrom('complete' as const, 'fail' as const, 'beat' as const, 'release' as const), lease: fc.nat() }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 90_000 }) }),
  fc.record({
    do: fc.constant('person' as const),
    task,
    status: fc.constantFrom('pending', 'in_progress', 'completed', 'cancelled'),
  }),
  fc.record({
    do: fc.constant('event' as const),
    task,
    agent,
    status: fc.constantFrom('in_progress', 'completed', 'failed'),
    ago: fc.integer({ min: -60_000, max: 60_000 }),
  }),
);

describe('a random history of agents, people, events and timers', () => {
  it('leaves every task with one holder at most, and all counts true', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 }),
        async (rounds) => {
          await empty();
          const order = [[], ['a'], ['a'], ['b', 'c'], []];
          for (const [i, id] of TASKS.entries()) await make(id, { workflow_id: 'flow', depends_on: order[i] });
          const holdings: Holding[] = [];
          for (const round of rounds) {
            // What one round holds happens at the same time.
            await Promise.all(
              round.map(async (each) => {
                const holding = 'lease' in each ? holdings[each.lease % Math.max(1, holdings.length)] : undefined;
                const expected = async (work: Promise<unknown>) =>
                  expect(['done', 'lease-lost', 'illegal-transition', 'busy']).toContain(await code(work));
                if (each.do === 'claim')
                  for (const item of await claim(each.agent, each.limit)) holdings.push(holdingOf(each.agent, item));
                else if (each.do === 'wait') {
                  clock += each.ms;
                  await expireLeases(fresh.database, clock);
                } else if (each.do === 'person') {
                  await expected(tasks.update(asker, each.task, { status: each.status as 'pending' }, () => undefined));
                } else if (each.do === 'event') {
                  const event = { task_id: each.task, status: each.status as 'completed', agent_id: each.agent };
                  await inTransaction(fresh.database, (transaction) =>
                    changeTasks(transaction, [each.task], (_id, before) => applyTaskEvent(before, event, clock + each.ago)),
                  );
                } else if (holding !== undefined) {
                  if (each.do === 'complete') await expected(dispatch.complete(asker, holding, null));
                  else if (each.do === 'fail') await expected(dispatch.fail(asker, holding, 'broken', true));
                  else if (each.do === 'beat') await expected(dispatch.heartbeat(asker, holding, 50));
                  else await expected(dispatch.release(asker, holding));
                }
              }),
            );
            await checkBooks();
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
