import { describe, expect, it } from 'vitest';
import type { Agent } from '@fleetbeat/contracts/api.ts';
import type { AuditEntry } from '@fleetbeat/contracts/audit.ts';
import { applyTaskChange, taskOf } from '@fleetbeat/contracts/task-state.ts';
import type { Task } from '@fleetbeat/contracts/tasks.ts';
import { checkWork } from './check-work.ts';
import type { PlannedWork } from './plan.ts';
import type { FoundWork } from './read-work.ts';
import { createWorkLedger } from './work-ledger.ts';

const PLAN: PlannedWork = {
  single: [
    { name: 'run first', priority: 'high', waitsFor: [], end: 'completed' },
    { name: 'run second', priority: 'low', waitsFor: ['run first'], end: 'completed' },
  ],
  workflows: [],
};

const taskAt = (id: string, name: string, at: number, by: string, attempts: number): Task => ({
  ...taskOf(applyTaskChange(null, id, { name, status: 'completed', progress: 100, agent_id: by }, [at + 9, 0])),
  result: { attempt: attempts, by },
  started_at: at,
  attempts,
});
const entry = (id: string, action: string, changes: AuditEntry['changes']): AuditEntry => ({
  ...{ id: 1, at: 0, entity_type: 'task', entity_id: id, entity_name: null, entity_exists: true, action, changes },
  ...{ actor_id: 'key', actor_type: 'api_key', request_id: null },
});
const moved = (id: string, before: string, after: string, agent?: string): AuditEntry =>
  entry(id, 'updated', {
    status: { before, after },
    ...(agent === undefined ? {} : { agent_id: { before: null, after: agent } }),
  });
const created = (id: string): AuditEntry => entry(id, 'created', { status: { before: null, after: 'pending' } });

/** A run in which ann did the first task at once, and the second after bob had been killed over it. */
function run() {
  const ledger = createWorkLedger();
  const ann = { taskId: 't1', agentId: 'ann', attempt: 1, token: 'one' };
  ledger.claimed(ann);
  ledger.completion(ann);
  ledger.claimed({ taskId: 't2', agentId: 'bob', attempt: 1, token: 'two' });
  const again = { taskId: 't2', agentId: 'ann', attempt: 2, token: 'three' };
  ledger.claimed(again);
  ledger.completion(again);
  const tasks = [taskAt('t1', 'run first', 100, 'ann', 1), taskAt('t2', 'run second', 200, 'ann', 2)];
  const audit = new Map([
    ['t1', [created('t1'), moved('t1', 'pending', 'in_progress', 'ann'), moved('t1', 'in_progress', 'completed')]],
    [
      't2',
      [
        created('t2'),
        moved('t2', 'pending', 'in_progress', 'bob'),
        moved('t2', 'in_progress', 'pending'),
        moved('t2', 'pending', 'in_progress', 'ann'),
        moved('t2', 'in_progress', 'completed'),
      ],
    ],
  ]);
  const agents = [{ agent_id: 'ann', total_tasks: 2, failed_tasks: 0 } as Agent];
  return { ledger, found: { tasks, audit, timelines: [], agents } satisfies FoundWork };
}

type Run = ReturnType<typeof run>;
const fieldsOf = (spoil: (run: Run) => void): string[] => {
  const made = run();
  spoil(made);
  return checkWork(PLAN, made.ledger, made.found).map(({ field }) => field);
};
const first = <T>(items: readonly T[] | undefined): T => {
  const [item] = items ?? [];
  if (item === undefined) throw new Error('nothing there');
  return item;
};

describe('checkWork', () => {
  it('finds nothing where every task was done once, whoever was killed over it', () => {
    expect(fieldsOf(() => undefined)).toEqual([]);
  });

  it.each<[string, string, (run: Run) => void]>([
    ['a task that was lost', 'tasks of this name', ({ found }) => found.tasks.shift()],
    [
      'a task that was made twice',
      'tasks of this name',
      ({ found }) => found.tasks.push({ ...first(found.tasks), task_id: 't3' }),
    ],
    ['a task that nobody ended', 'status', ({ found }) => (first(found.tasks).status = 'pending')],
    ['a result that another told', 'result', ({ found }) => (first(found.tasks).result = { attempt: 1, by: 'bob' })],
    [
      'a completion that two were told',
      'completed by attempt',
      ({ ledger }) => ledger.completion({ taskId: 't2', agentId: 'bob', attempt: 1, token: 'two' }),
    ],
    [
      'an attempt that two were given',
      'holder of attempt 1',
      ({ ledger }) => ledger.claimed({ taskId: 't1', agentId: 'bob', attempt: 1, token: 'four' }),
    ],
    ['an attempt that is not counted', 'attempts', ({ found }) => (first(found.tasks).attempts = 2)],
    [
      'an audit log in which a task is completed twice',
      'completions in the audit log',
      ({ found }) => found.audit.get('t1')?.push(moved('t1', 'completed', 'completed')),
    ],
    [
      'an audit log with a break',
      'status before in the audit log',
      ({ found }) => found.audit.set('t1', (found.audit.get('t1') ?? []).toSpliced(1, 1)),
    ],
    [
      'an audit log that names another holder',
      'holder of attempt 1 in the audit log',
      ({ found }) => found.audit.get('t1')?.splice(1, 1, moved('t1', 'pending', 'in_progress', 'bob')),
    ],
    ['a task that was begun too early', 'begun after run first', ({ found }) => (first(found.tasks.slice(1)).started_at = 50)],
    ['totals that are not the tasks', 'total_tasks', ({ found }) => (first(found.agents).total_tasks = 3)],
  ])('finds %s', (_what, field, spoil) => {
    expect(fieldsOf(spoil)).toContain(field);
  });
});
