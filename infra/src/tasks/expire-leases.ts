import type { LiveRecord } from '@fleetbeat/contracts/live.ts';
import { recordChanges, type Actor } from '../audit/record-change.ts';
import { inTransaction, type Database } from '../database/database.ts';
import { afterFailedAttempt } from './end-attempt.ts';
import { endLease, leaseState, type LeaseRow } from './leases.ts';
import { taskAudit } from './task-audit.ts';
import { taskNews } from './task-news.ts';
import { changeTasks } from './task-rows.ts';

/** Leases that one transaction ends. */
const AT_ONCE = 100;

const TIMER: Actor = { id: 'lease-timer', type: 'system' };

/**
 * Takes tasks back from agents that have gone silent, or taken too long, by `now` (epoch ms). Each goes back to the board or,
 * its attempts used up, has failed. What somebody else is just changing is left for the next time. Answers how many leases
 * ended, and what to tell live.
 */
export async function expireLeases(database: Database, now: number): Promise<{ ended: number; news: LiveRecord[] }> {
  const news: LiveRecord[] = [];
  for (let ended = 0; ;) {
    const round = await inTransaction(database, async (transaction) => {
      // The task's lock comes first: a lease changes under it only.
      const { rows: locked } = await transaction.query<{ task_id: string }>(
        `select t.task_id from tasks t join task_leases l using (task_id)
         where l.ended_at is null and least(l.expires_at, l.deadline) <= $1
         order by t.task_id limit $2 for update of t skip locked`,
        [now, AT_ONCE],
      );
      const { rows: leases } = await transaction.query<LeaseRow>(
        'select * from task_leases where task_id = any($1) and ended_at is null',
        [locked.map((row) => row.task_id)],
      );
      const lost = new Map<string, { lease: LeaseRow; error: string }>();
      for (const lease of leases) {
        const state = leaseState(lease, now);
        if (state !== 'expired' && state !== 'timed_out') continue;
        const error =
          state === 'expired'
            ? `${lease.agent_id} has not been heard of for ${lease.lease_ms / 1_000} s`
            : `${lease.agent_id} has taken too long`;
        await endLease(transaction, lease.token, state, now, error);
        lost.set(lease.task_id, { lease, error });
      }
      const changed = await changeTasks(transaction, lost.keys(), (id, task) => {
        const attempt = lost.get(id);
        if (task === null || attempt === undefined || task.status !== 'in_progress') return null;
        return afterFailedAttempt(task, { assigned: attempt.lease.assigned, error: attempt.error }, now);
      });
      await recordChanges(
        transaction,
        changed.tasks.map((task) => taskAudit({ actor: TIMER, requestId: null }, task)),
      );
      return { locked: locked.length, lost: lost.size, news: taskNews(changed) };
    });
    ended += round.lost;
    news.push(...round.news);
    if (round.locked < AT_ONCE) return { ended, news };
  }
}
