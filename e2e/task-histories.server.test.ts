import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEDUPE_HORIZON, TASK_STATUSES } from '@fleetbeat/contracts/events.ts';
import { applyTaskChange, type TaskFields, type TaskState, type Version } from '@fleetbeat/contracts/task-state.ts';
import { ndjson } from '@fleetbeat/contracts/testing.ts';
import { createMetrics } from '@fleetbeat/infra/metrics.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { expireLeases } from '@fleetbeat/infra/tasks/expire-leases.ts';
import { freshDatabase, type FreshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { createPostgresStore } from '@fleetbeat/infra/time-series/postgres.ts';
import { createChange } from '../bff/src/http/change.ts';
import { createDispatch, type Holding } from '../bff/src/tasks/dispatch.ts';
import { createTaskChanges } from '../bff/src/tasks/task-changes.ts';
import { createWorkflowChanges } from '../bff/src/workflows/workflow-changes.ts';
import { createCutStore } from '../processors/src/engine/cut-store.ts';
import { SourceProcessor } from '../processors/src/engine/source-processor.ts';
import { TaskReduction } from '../processors/src/task-reduction.ts';

/**
 * Random histories of tasks: agents claim and work, people change and cancel, timers take back, events come through the
 * processor in any order and more than once. What the API does and the processor, on a real Postgres, without the wire.
 */

/** The clock is even and events are odd, so that a version tells whose it is. */
const START = 1_800_000_000_000;
/** A change over the API that follows an event takes a number next to the event's, which no other event has. */
const SEQ_STEP = 1_000;
const asker = { actor: { id: 'test', type: 'api_key' as const }, requestId: 'test' };
const AGENTS = ['ann', 'bob', 'cid'];
/** What each waits for. The last two are unknown until an event, or somebody, names them. */
const WAITS_FOR = { a: [], b: ['a'], c: ['a'], d: ['b', 'c'], e: [], x: null, y: null };
const TASKS = Object.keys(WAITS_FOR);

let fresh: FreshDatabase;
let source: SourceProcessor;
let clock = START;
let dispatch: ReturnType<typeof createDispatch>;
let tasks: ReturnType<typeof createTaskChanges>;
let workflows: ReturnType<typeof createWorkflowChanges>;

beforeAll(async () => {
  fresh = await freshDatabase();
  const { database } = fresh;
  const effects = { change: createChange(database, createMetrics('test')), announce: () => undefined, now: () => clock };
  dispatch = createDispatch(effects);
  tasks = createTaskChanges(effects);
  workflows = createWorkflowChanges(effects);
  source = await openSource();
  for (const id of AGENTS) {
    await database.query(`insert into agents (agent_id, source, status, first_seen, last_seen) values ($1, $2, 'online', 0, 0)`, [
      id,
      source.source,
    ]);
  }
  // Everything that is ever written to a task, in the order in which it was.
  await database.query(`
    create table history (n bigserial, before jsonb, after jsonb not null);
    create function keep_history() returns trigger language plpgsql as $$ begin
      insert into history (before, after) values (case tg_op when 'UPDATE' then to_jsonb(old) end, to_jsonb(new));
      return null;
    end $$;
    create trigger keep_history after insert or update on tasks for each row execute function keep_history()`);
});
afterAll(() => fresh.drop());

/** As after a start: what it knows of events that have come is what its cuts say. */
function openSource(): Promise<SourceProcessor> {
  const { database } = fresh;
  return SourceProcessor.open('task-events', 0, {
    cuts: createCutStore(database, createPostgresStore(database), 'test'),
    reduce: () => new TaskReduction(() => undefined),
    now: () => clock,
    times: { longest: 1_000, idle: 500, ticksOnly: 60_000 },
    horizon: DEDUPE_HORIZON,
    onReplayDiffers: () => expect.unreachable(),
  });
}

/** One record with these events, cut and stored. */
async function deliver(events: readonly object[]): Promise<void> {
  const [value, count] = [ndjson(events), events.length];
  await source.records([{ offset: source.position, appendedAt: clock, key: null, value, count, tick: false }]);
  await source.flush();
}

async function startOver(): Promise<void> {
  clock += 600_000;
  await fresh.database.query(`
    truncate history, task_leases, tasks, workflows, agent_task_totals, idempotency_keys cascade;
    insert into workflows (workflow_id, name, created_at, changed_at) values ('flow', 'flow', 0, 0)`);
  for (const [id, waitsFor] of Object.entries(WAITS_FOR)) if (waitsFor !== null) await create(id, waitsFor);
}
const create = (id: string, waitsFor: string[] = []) =>
  tasks.create(asker, { task_id: id, name: id, max_attempts: 2, workflow_id: 'flow', depends_on: waitsFor }, null);

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'done',
    (error: unknown) => (error instanceof HttpProblem ? error.code : String(error)),
  );
}
/** What may be answered to whoever comes too late. */
const REFUSALS = [
  'lease-lost',
  'illegal-transition',
  'unknown-task',
  'task-exists',
  'task-deleted',
  'has-dependents',
  'workflow-cancelled',
  'busy',
];

async function allTasks(): Promise<Map<string, TaskState>> {
  const { rows } = await fresh.database.query<TaskState>('select * from tasks order by task_id');
  return new Map(rows.map((row) => [row.task_id, row]));
}
async function allLeases(): Promise<unknown[]> {
  return (await fresh.database.query('select * from task_leases order by token')).rows;
}

interface Change {
  readonly fields: TaskFields;
  readonly version: Version;
}

/** What was changed over the API, by task: whatever was written under a version that is no event's. */
async function changesByApi(): Promise<Map<string, Change[]>> {
  const { rows } = await fresh.database.query<{ before: TaskState | null; after: TaskState }>(
    'select before, after from history order by n',
  );
  const changes = new Map<string, Change[]>();
  for (const { before, after } of rows) {
    const written = Object.entries(after.versions).filter(([field, version]) => {
      const old = before?.versions[field as keyof TaskFields];
      return String(version) !== String(old) && (version[0] % 2 === 0 || version[1] % SEQ_STEP !== 0);
    });
    const known = changes.get(after.task_id) ?? [];
    const [first] = written;
    if (first !== undefined) {
      const fields = Object.fromEntries(written.map(([field]) => [field, after[field as keyof TaskFields]]));
      known.push({ fields, version: first[1] });
    }
    // A change of nothing is one as well: it says when.
    else if (after.updated_at !== before?.updated_at) known.push({ fields: {}, version: [after.updated_at, 0] });
    changes.set(after.task_id, known);
  }
  return changes;
}

/** What must hold whenever nothing is under way. */
async function checkBooks(): Promise<void> {
  const { rows: broken } = await fresh.database.query(`
    select 'lease' as what, task_id from task_leases l join tasks t using (task_id)
      where l.ended_at is null and (t.status <> 'in_progress' or t.agent_id is distinct from l.agent_id)
    union all
    select 'completed twice', task_id from task_leases l join tasks t using (task_id)
      where t.reopened_at is null and l.outcome = 'completed' group by task_id having count(*) > 1
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

const agent = fc.constantFrom(...AGENTS);
const task = fc.constantFrom(...TASKS);
const status = fc.constantFrom(...TASK_STATUSES);
const fields = fc.record(
  {
    name: fc.constantFrom('one', 'two'),
    agent_id: agent,
    progress: fc.nat({ max: 3 }),
    result: fc.constantFrom<unknown>(1, { b: 1, a: [2] }),
    error: fc.constantFrom('broken', 'late'),
  },
  { requiredKeys: [] },
);
/** Around the start of the history, some at the same time. */
const event = fc.record({ task, status, fields, halfMinutes: fc.integer({ min: -4, max: 8 }), seq: fc.nat({ max: 1 }) });
const often = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });
const step = fc.oneof(
  often(4, fc.record({ do: fc.constant('claim' as const), agent, limit: fc.integer({ min: 1, max: 3 }) })),
  often(4, fc.record({ do: fc.constantFrom('complete' as const, 'fail' as const, 'give up' as const), lease: fc.nat() })),
  often(2, fc.record({ do: fc.constantFrom('beat' as const, 'release' as const), lease: fc.nat() })),
  often(3, fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 3, 30, 61) })),
  often(3, fc.record({ do: fc.constant('change' as const), task, fields, status: fc.option(status, { nil: undefined }) })),
  often(1, fc.record({ do: fc.constantFrom('create' as const, 'delete' as const), task })),
  often(1, fc.record({ do: fc.constantFrom('cancel all' as const, 'restart' as const) })),
  often(4, fc.record({ do: fc.constant('events' as const), which: fc.array(fc.nat(), { minLength: 1, maxLength: 4 }) })),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
const events = fc.array(event, { minLength: 1, maxLength: 10 });
/** What one round holds happens at the same time. */
const rounds = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 10 });

let runs = 0;

describe('a random history of claims, leases, people, timers and events', () => {
  it('ends in one state, whatever comes in which order and how often', async () => {
    const play = async (planned: typeof events extends fc.Arbitrary<infer E> ? E : never, plan: Step[][], order: Order) => {
      await startOver();
      const run = `${runs++}`;
      const pool = planned.map(({ task: id, halfMinutes, seq, fields: given, ...said }, n) => {
        return { id: `${run}-${n}`, ts: clock + halfMinutes * 30_000 + 1, task_id: id, seq: seq * SEQ_STEP, ...given, ...said };
      });
      const happened = new Set<(typeof pool)[number]>();
      const holdings: Holding[] = [];
      /** What was asked and done, to be asked again as where the answer was lost. */
      const again: (() => Promise<void>)[] = [];
      /** One processor reads one record after the other. */
      let reading = Promise.resolve();

      const mayBeRefused = async (work: () => Promise<unknown>): Promise<boolean> => {
        const code = await codeOf(work());
        expect(['done', ...REFUSALS]).toContain(code);
        return code === 'done';
      };
      const end = async (work: () => Promise<unknown>): Promise<void> => {
        // Or it has been deleted since.
        if (await mayBeRefused(work)) again.push(async () => expect(['done', 'unknown-task']).toContain(await codeOf(work())));
      };
      const claim = async (agentId: string, limit: number): Promise<void> => {
        const wanted = { limit, lease_seconds: 60, capabilities: [] };
        const request = { callerId: run, key: `${again.length}-${agentId}-${limit}-${clock}`, hash: Buffer.of(1) };
        const given = await dispatch.claim(asker, agentId, wanted, request);
        again.push(async () => expect(await dispatch.claim(asker, agentId, wanted, request)).toEqual(given));
        for (const one of given.items) holdings.push({ agentId, taskId: one.task.task_id, token: one.lease.lease_token });
      };
      const take = async (one: Step): Promise<unknown> => {
        const held = 'lease' in one ? holdings[one.lease % Math.max(1, holdings.length)] : undefined;
        switch (one.do) {
          case 'claim':
            return claim(one.agent, one.limit);
          case 'complete':
            return held && end(() => dispatch.complete(asker, held, { by: held.agentId }));
          case 'fail':
          case 'give up':
            return held && end(() => dispatch.fail(asker, held, 'broken', one.do === 'fail'));
          case 'beat':
            return held && mayBeRefused(() => dispatch.heartbeat(asker, held, 50));
          case 'release':
            return held && mayBeRefused(() => dispatch.release(asker, held));
          case 'wait':
            clock += one.seconds * 1_000;
            return expireLeases(fresh.database, clock);
          case 'change':
            return mayBeRefused(() => tasks.update(asker, one.task, { ...one.fields, status: one.status }, () => undefined));
          case 'create':
            return mayBeRefused(() => create(one.task));
          case 'delete':
            return mayBeRefused(() => tasks.remove(asker, one.task, null));
          case 'cancel all':
            return mayBeRefused(() => workflows.cancel(asker, 'flow'));
          case 'restart':
            return (reading = reading.then(async () => void (source = await openSource())));
          case 'events': {
            const some = one.which.flatMap((n) => pool[n % pool.length] ?? []);
            for (const each of some) happened.add(each);
            return (reading = reading.then(() => deliver(some)));
          }
        }
      };

      for (const round of plan) {
        await Promise.all(round.map(take));
        await checkBooks();
      }

      const [left, leases, changes] = [await allTasks(), await allLeases(), await changesByApi()];
      for (const [id, state] of left) {
        const all = [...(changes.get(id) ?? [])];
        for (const each of happened) if (each.task_id === id) all.push({ fields: each, version: [each.ts, each.seq] });
        let folded: TaskState | null = null;
        for (const change of all.toSorted((a, b) => order(a) - order(b))) {
          folded = applyTaskChange(folded, id, change.fields, change.version);
        }
        if (state.deleted_at === null) expect(decided(state)).toEqual(decided(folded));
        else expect(state).toMatchObject({ name: null, result: null, agent_id: null, versions: {} });
      }

      source = await openSource();
      for (const each of [...happened].toSorted((a, b) => order(a) - order(b))) await deliver([each]);
      for (const ask of again) await ask();
      expect([await allTasks(), await allLeases()]).toEqual([left, leases]);
    };
    const history = fc.asyncProperty(events, rounds, fc.func(fc.integer()), play);
    await fc.assert(history, { numRuns: 40, interruptAfterTimeLimit: 12_000 });
  });
});

type Order = (change: unknown) => number;

/** What follows from the changes alone. The rest is kept by whoever holds the row: how and how often it was worked on. */
function decided(state: TaskState | null) {
  if (state === null) return null;
  const { name, status: is, workflow_id, agent_id, progress, result, error, attempts, versions } = state;
  const { created_at, started_at, completed_at, updated_at } = state;
  return {
    name,
    is,
    workflow_id,
    agent_id,
    progress,
    result,
    error,
    attempts,
    versions,
    created_at,
    started_at,
    completed_at,
    updated_at,
  };
}
