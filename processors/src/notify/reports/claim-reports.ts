import type { ReportScheduleInput } from '@fleetbeat/contracts/reports.ts';
import { inTransaction, type Database } from '@fleetbeat/infra/database/database.ts';
import { newestDue, nextDue } from '@fleetbeat/infra/reports/next-due.ts';

/** Takes reports whose time has come. However many sweep at the same time, each is taken by one of them. */

/** A report that is ours for now, and how many attempts had been begun when it was taken. */
export interface ReportClaim {
  readonly run: number;
  readonly attempts: number;
  /** The request that asked for it; null: none. */
  readonly request_id?: string | null | undefined;
}

/** For how long a report is whose it was given to, in milliseconds: whoever has died by then is not waited for. */
export const LEASE_MS = 3 * 60_000;
const AT_ONCE = 20;

/** Writes down what has become due up to `now` (epoch ms), each occurrence once, and when each schedule is due again. */
export async function noteDueReports(database: Database, now: number): Promise<number> {
  return inTransaction(database, async (transaction) => {
    const { rows } = await transaction.query<{ id: string; definition: ReportScheduleInput; next_at: number }>(
      'select id, definition, next_at from report_schedules where next_at <= $1 order by next_at limit $2 for update skip locked',
      [now, AT_ONCE],
    );
    for (const { id, definition, next_at: due } of rows) {
      await transaction.query(
        'insert into report_runs (schedule_id, due_at, next_try_at) values ($1, $2, $3) on conflict (schedule_id, due_at) do nothing',
        [id, newestDue(definition, due, now), now],
      );
      await transaction.query('update report_schedules set next_at = $2 where id = $1', [id, nextDue(definition, now)]);
    }
    return rows.length;
  });
}

/** Takes what may be sent now. */
export async function claimReports(database: Database, now: number): Promise<ReportClaim[]> {
  const { rows } = await database.query<ReportClaim>(
    `update report_runs r set next_try_at = $1::bigint + $2 from (
       select id from report_runs where state in ('queued', 'retrying') and next_try_at <= $1
       order by next_try_at limit $3 for update skip locked
     ) due where r.id = due.id returning r.id as run, r.attempts, r.request_id`,
    [now, LEASE_MS, AT_ONCE],
  );
  return rows;
}
