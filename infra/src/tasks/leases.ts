import type { LeaseOutcome } from '@fleetbeat/contracts/task-leases.ts';
import type { Transaction } from '../database/database.ts';
import type { ChangedTask } from './changed-task.ts';

/** Who holds a task. Times are epoch milliseconds. */
export interface LeaseRow {
  token: string;
  task_id: string;
  agent_id: string;
  attempt: number;
  assigned: boolean;
  claimed_at: number;
  lease_ms: number;
  expires_at: number;
  deadline: number | null;
  ended_at: number | null;
  outcome: LeaseOutcome | null;
}

/** Whether a lease holds at `now`, and if not, why. */
export type LeaseState = 'held' | 'ended' | 'expired' | 'timed_out';

export function leaseState(lease: Pick<LeaseRow, 'expires_at' | 'deadline' | 'ended_at'>, now: number): LeaseState {
  if (lease.ended_at !== null) return 'ended';
  if (lease.deadline !== null && now >= lease.deadline) return 'timed_out';
  return now >= lease.expires_at ? 'expired' : 'held';
}

/** Ends a lease under the lock of its task's row. */
export async function endLease(
  transaction: Transaction,
  token: string,
  outcome: LeaseOutcome,
  now: number,
  error: string | null = null,
): Promise<void> {
  await transaction.query({
    name: 'end-lease',
    text: 'update task_leases set ended_at = $2, outcome = $3, error = $4 where token = $1 and ended_at is null',
    values: [token, now, outcome, error],
  });
}

/** Ends the leases of tasks that their holders have lost by a change of somebody else's. */
export async function endLeases(transaction: Transaction, changed: readonly ChangedTask[]): Promise<void> {
  const lost = changed.flatMap(({ before, after }) => {
    const outcome = before?.status === 'in_progress' ? outcomeOf(before.agent_id, after) : null;
    return outcome === null ? [] : [{ id: after.task_id, outcome }];
  });
  if (lost.length === 0) return;
  await transaction.query({
    name: 'end-leases',
    text: `update task_leases l
           set ended_at = floor(extract(epoch from clock_timestamp()) * 1000)::bigint, outcome = lost.outcome
           from unnest($1::text[], $2::text[]) as lost (task_id, outcome)
           where l.task_id = lost.task_id and l.ended_at is null`,
    values: [lost.map(({ id }) => id), lost.map(({ outcome }) => outcome)],
  });
}

function outcomeOf(holder: string | null, after: ChangedTask['after']): LeaseOutcome | null {
  if (after.deleted_at !== null) return 'cancelled';
  switch (after.status) {
    case 'in_progress':
      return after.agent_id === holder ? null : 'returned';
    case 'pending':
      return 'returned';
    case 'completed':
    case 'failed':
    case 'cancelled':
      return after.status;
    default:
      return after.status satisfies never;
  }
}
