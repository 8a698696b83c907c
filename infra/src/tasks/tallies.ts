import type { TaskStatus } from '@fleetbeat/contracts/events.ts';
import type { TaskState } from '@fleetbeat/contracts/task-state.ts';
import type { Workflow } from '@fleetbeat/contracts/workflows.ts';
import type { Transaction } from '../database/database.ts';
import type { ChangedTask } from './changed-task.ts';
import { WORKFLOW_COLUMNS, workflowOf, type WorkflowRow } from './workflow-rows.ts';

/** What a workflow counts: those of its pending tasks that wait for others are counted apart. */
type Kind = TaskStatus | 'waiting';
type WorkflowMoves = Record<Kind, number> & { startedAt: number | null };
interface AgentMoves {
  total: number;
  failed: number;
}

/**
 * Keeps the counts of agents and workflows true to their tasks; answers the workflows whose counts have changed. A workflow
 * that a task names first comes into being by it.
 */
export async function keepTallies(transaction: Transaction, changed: readonly ChangedTask[]): Promise<Workflow[]> {
  const agents = new Map<string, AgentMoves>();
  const workflows = new Map<string, WorkflowMoves>();
  for (const { before, after } of changed) {
    count(agents, workflows, before, -1);
    count(agents, workflows, after, +1);
  }
  await moveAgents(
    transaction,
    sorted(agents).filter(([, { total, failed }]) => total !== 0 || failed !== 0),
  );
  return moveWorkflows(
    transaction,
    sorted(workflows).filter(([, { startedAt: _, ...moves }]) => Object.values(moves).some((move) => move !== 0)),
  );
}

function count(
  agents: Map<string, AgentMoves>,
  workflows: Map<string, WorkflowMoves>,
  state: TaskState | null,
  by: 1 | -1,
): void {
  if (state === null || state.deleted_at !== null) return;
  if (state.workflow_id !== null) {
    const moves = workflows.get(state.workflow_id) ?? noMoves();
    moves[state.status === 'pending' && state.waiting_for > 0 ? 'waiting' : state.status] += by;
    if (state.started_at !== null) moves.startedAt = Math.min(moves.startedAt ?? state.started_at, state.started_at);
    workflows.set(state.workflow_id, moves);
  }
  if (state.agent_id !== null && (state.status === 'completed' || state.status === 'failed')) {
    const moves = agents.get(state.agent_id) ?? { total: 0, failed: 0 };
    moves.total += by;
    if (state.status === 'failed') moves.failed += by;
    agents.set(state.agent_id, moves);
  }
}

function noMoves(): WorkflowMoves {
  return { pending: 0, waiting: 0, in_progress: 0, completed: 0, failed: 0, cancelled: 0, startedAt: null };
}

/** In one order, so that two transactions never wait for each other in a circle. */
function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

async function moveAgents(transaction: Transaction, moves: readonly [string, AgentMoves][]): Promise<void> {
  if (moves.length === 0) return;
  await transaction.query({
    name: 'move-agent-totals',
    text: `insert into agent_task_totals as t (agent_id, total_tasks, failed_tasks)
           select * from unnest($1::text[], $2::bigint[], $3::bigint[])
           on conflict (agent_id) do update set
             total_tasks = t.total_tasks + excluded.total_tasks, failed_tasks = t.failed_tasks + excluded.failed_tasks`,
    values: [moves.map(([id]) => id), moves.map(([, { total }]) => total), moves.map(([, { failed }]) => failed)],
  });
}

async function moveWorkflows(transaction: Transaction, moves: readonly [string, WorkflowMoves][]): Promise<Workflow[]> {
  if (moves.length === 0) return [];
  const column = (kind: keyof WorkflowMoves) => moves.map(([, each]) => each[kind]);
  const { rows } = await transaction.query<WorkflowRow>({
    name: 'move-workflow-counts',
    text: `insert into workflows as w (workflow_id, name, created_at, changed_at, started_at,
                                       pending, waiting, in_progress, completed, failed, cancelled)
           select m.workflow_id, left(m.workflow_id, 256), now.ms, now.ms, m.started_at,
                  m.pending, m.waiting, m.in_progress, m.completed, m.failed, m.cancelled
           from unnest($1::text[], $2::bigint[], $3::integer[], $4::integer[], $5::integer[], $6::integer[], $7::integer[],
                       $8::integer[])
                  as m (workflow_id, started_at, pending, waiting, in_progress, completed, failed, cancelled),
                (select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as ms) now
           on conflict (workflow_id) do update set
             changed_at = excluded.changed_at, started_at = least(w.started_at, excluded.started_at),
             pending = w.pending + excluded.pending, waiting = w.waiting + excluded.waiting,
             in_progress = w.in_progress + excluded.in_progress, completed = w.completed + excluded.completed,
             failed = w.failed + excluded.failed, cancelled = w.cancelled + excluded.cancelled, revision = w.revision + 1
           returning ${WORKFLOW_COLUMNS}`,
    values: [
      moves.map(([id]) => id),
      column('startedAt'),
      column('pending'),
      column('waiting'),
      column('in_progress'),
      column('completed'),
      column('failed'),
      column('cancelled'),
    ],
  });
  return rows.map(workflowOf);
}
