import { randomBytes } from 'node:crypto';
import type { LiveRecord } from '@fleetbeat/contracts/live.ts';
import type { Claim, Claimed, Lease } from '@fleetbeat/contracts/task-leases.ts';
import { applyTaskChange, taskOf, versionAfter, type TaskState } from '@fleetbeat/contracts/task-state.ts';
import type { Task } from '@fleetbeat/contracts/tasks.ts';
import { recordChanges, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { afterClaim, afterCompletion, afterFailedAttempt, afterRelease } from '@fleetbeat/infra/tasks/end-attempt.ts';
import { endLease, leaseState, type LeaseRow } from '@fleetbeat/infra/tasks/leases.ts';
import { taskAudit } from '@fleetbeat/infra/tasks/task-audit.ts';
import { taskNews } from '@fleetbeat/infra/tasks/task-news.ts';
import { changeTasks, type ChangedTasks } from '@fleetbeat/infra/tasks/task-rows.ts';
import type { Announce } from '../http/announce.ts';
import type { Change } from '../http/change.ts';
import { once, type IdempotentRequest } from '../http/idempotency.ts';
import { pickReadyTasks } from './ready-tasks.ts';
import { unknownTask } from './task-changes.ts';

interface Effects {
  change: Change;
  announce: Announce;
  now: () => number;
}

/** Whose lease of which task is meant. */
export interface Holding {
  readonly agentId: string;
  readonly taskId: string;
  readonly token: string;
}

/**
 * Gives tasks to agents and takes them back. At any time one agent at most holds a task: its lease is the only one that has
 * not ended, and changes under the lock of the task's row only. Throws problems.
 */
export function createDispatch({ change, announce, now }: Effects) {
  async function claim(asker: Asker, agentId: string, wanted: Claim, request: IdempotentRequest | null): Promise<Claimed> {
    let news: LiveRecord[] = [];
    const { answer } = await change('tasks.claim', (transaction) =>
      once(transaction, request, async (): Promise<Claimed> => {
        const agent = await readAgent(transaction, agentId);
        if (agent.paused) return { items: [], paused: true };
        const capabilities = wanted.capabilities ?? agent.capabilities;
        const ready = await pickReadyTasks(transaction, { agentId, capabilities, limit: wanted.limit, now: now() });
        if (ready.length === 0) return { items: [], paused: false };
        // Only now: what they waited for may have been completed while they were looked for, and they begin after that.
        const at = now();
        const changed = await changeTasks(transaction, ready, (_id, task) => task && afterClaim(task, agentId, at));
        const leases = await lease(transaction, agentId, changed, wanted.lease_seconds * 1_000, at);
        await recordChanges(
          transaction,
          changed.tasks.map((task) => taskAudit(asker, task)),
        );
        news = taskNews(changed);
        const byId = new Map(changed.tasks.map(({ after }) => [after.task_id, after]));
        const items = ready.flatMap((id) => {
          const [task, held] = [byId.get(id), leases.get(id)];
          return task === undefined || held === undefined ? [] : [{ task: taskOf(task), lease: held }];
        });
        return { items, paused: false };
      }),
    );
    announce(news);
    return answer;
  }

  /** Keeps a lease for as long again as it was first given for. */
  async function heartbeat(asker: Asker, holding: Holding, progress: number | undefined): Promise<Lease> {
    const at = now();
    const { lease: kept, changed } = await change('tasks.heartbeat', async (transaction) => {
      const row = await held(transaction, holding, at);
      const expiresAt = at + row.lease_ms;
      await transaction.query('update task_leases set expires_at = $2 where token = $1', [row.token, expiresAt]);
      const told = { lease: leaseOf({ ...row, expires_at: expiresAt }) };
      if (progress === undefined) return { ...told, changed: null };
      const fields = { progress };
      return {
        ...told,
        changed: await changeHeld(transaction, asker, holding, (task) =>
          applyTaskChange(task, task.task_id, fields, versionAfter(task, fields, at)),
        ),
      };
    });
    if (changed !== null) announce(taskNews(changed));
    return kept;
  }

  /** Sent again after it has been done, as when the answer was lost, it is done once. */
  async function complete(asker: Asker, holding: Holding, result: unknown): Promise<Task> {
    const at = now();
    return end('tasks.complete', holding, async (transaction) => {
      const { outcome, row } = await find(transaction, holding);
      if (outcome === 'completed') return null;
      checkHeld(row, at);
      await endLease(transaction, row.token, 'completed', at);
      return changeHeld(transaction, asker, holding, (task) => afterCompletion(task, result, at));
    });
  }

  async function fail(asker: Asker, holding: Holding, error: string, worthwhile: boolean): Promise<Task> {
    const at = now();
    return end('tasks.fail', holding, async (transaction) => {
      const { outcome, row } = await find(transaction, holding);
      if (outcome === 'failed') return null;
      checkHeld(row, at);
      await endLease(transaction, row.token, 'failed', at, error);
      const attempt = { assigned: row.assigned, error, worthwhile };
      return changeHeld(transaction, asker, holding, (task) => afterFailedAttempt(task, attempt, at));
    });
  }

  async function release(asker: Asker, holding: Holding): Promise<Task> {
    const at = now();
    return end('tasks.release', holding, async (transaction) => {
      const row = await held(transaction, holding, at);
      await endLease(transaction, row.token, 'returned', at);
      return changeHeld(transaction, asker, holding, (task) => afterRelease(task, row.assigned, at));
    });
  }

  /** `work` answers null where nothing was left to be done. */
  async function end(
    name: string,
    { taskId }: Holding,
    work: (transaction: Transaction) => Promise<ChangedTasks | null>,
  ): Promise<Task> {
    const { task, news } = await change(name, async (transaction) => {
      const changed = await work(transaction);
      const after = changed?.tasks.find((each) => each.after.task_id === taskId)?.after;
      return {
        task: after ?? (await readTask(transaction, taskId)),
        news: changed === null ? [] : taskNews(changed),
      };
    });
    announce(news);
    return taskOf(task);
  }

  return { claim, heartbeat, complete, fail, release };
}
export type Dispatch = ReturnType<typeof createDispatch>;

async function readAgent(transaction: Transaction, agentId: string): Promise<{ paused: boolean; capabilities: string[] }> {
  const { rows } = await transaction.query<{ paused: boolean; capabilities: string[]; archived_at: number | null }>(
    'select paused, capabilities, archived_at from agents where agent_id = $1',
    [agentId],
  );
  const [agent] = rows;
  if (agent === undefined)
    throw new HttpProblem(404, 'unknown-agent', 'no agent of this id has ever been seen: send a heartbeat first');
  // Who asks for work has spoken.
  if (agent.archived_at !== null) await transaction.query('update agents set archived_at = null where agent_id = $1', [agentId]);
  return agent;
}

/** Writes a lease for each claimed task; answers them by task. */
async function lease(
  transaction: Transaction,
  agentId: string,
  { tasks }: ChangedTasks,
  leaseMs: number,
  at: number,
): Promise<Map<string, Lease>> {
  const rows = tasks.map(({ before, after }) => ({
    token: randomBytes(18).toString('base64url'),
    task_id: after.task_id,
    agent_id: agentId,
    attempt: after.claims,
    assigned: before?.agent_id === agentId,
    claimed_at: at,
    lease_ms: leaseMs,
    expires_at: at + leaseMs,
    deadline: after.timeout_seconds === null ? null : at + after.timeout_seconds * 1_000,
  }));
  await transaction.query(
    `insert into task_leases (token, task_id, agent_id, attempt, assigned, claimed_at, lease_ms, expires_at, deadline)
     select * from jsonb_to_recordset($1::jsonb) as given (token text, task_id text, agent_id text, attempt integer,
       assigned boolean, claimed_at bigint, lease_ms integer, expires_at bigint, deadline bigint)`,
    [JSON.stringify(rows)],
  );
  return new Map(rows.map((row) => [row.task_id, leaseOf(row)]));
}

function leaseOf({
  token,
  expires_at,
  deadline,
  attempt,
}: Pick<LeaseRow, 'token' | 'expires_at' | 'deadline' | 'attempt'>): Lease {
  return { lease_token: token, expires_at, deadline, attempt };
}

/** The lease that is meant, with its task's row locked. Throws `unknown-task` (404) or `lease-lost` (409). */
async function find(
  transaction: Transaction,
  { agentId, taskId, token }: Holding,
): Promise<{ outcome: LeaseRow['outcome']; row: LeaseRow }> {
  await readTask(transaction, taskId);
  const { rows } = await transaction.query<LeaseRow>(
    'select * from task_leases where token = $1 and task_id = $2 and agent_id = $3',
    [token, taskId, agentId],
  );
  const [row] = rows;
  if (row === undefined) throw leaseLost('the agent has never held this task by this lease');
  return { outcome: row.outcome, row };
}

async function held(transaction: Transaction, holding: Holding, at: number): Promise<LeaseRow> {
  const { row } = await find(transaction, holding);
  checkHeld(row, at);
  return row;
}

function checkHeld(row: LeaseRow, at: number): void {
  switch (leaseState(row, at)) {
    case 'held':
      return;
    case 'ended':
      throw leaseLost('the lease has ended: the task is no longer the agent’s');
    case 'expired':
      throw leaseLost('the lease has run out without a heartbeat');
    case 'timed_out':
      throw leaseLost('the attempt has taken longer than the task allows');
  }
}

function leaseLost(detail: string): HttpProblem {
  return new HttpProblem(409, 'lease-lost', detail);
}

async function readTask(transaction: Transaction, taskId: string): Promise<TaskState> {
  const { rows } = await transaction.query<TaskState>(
    'select * from tasks where task_id = $1 and deleted_at is null for update',
    [taskId],
  );
  const [task] = rows;
  if (task === undefined) throw unknownTask();
  return task;
}

async function changeHeld(
  transaction: Transaction,
  asker: Asker,
  { taskId }: Holding,
  next: (task: TaskState) => TaskState,
): Promise<ChangedTasks> {
  const changed = await changeTasks(transaction, [taskId], (_id, task) => task && next(task));
  await recordChanges(
    transaction,
    changed.tasks.filter(({ after }) => after.task_id === taskId).map((task) => taskAudit(asker, task)),
  );
  return changed;
}
