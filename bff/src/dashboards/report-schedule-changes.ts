import { MAX_REPORT_SCHEDULES, type ReportScheduleInput } from '@fleetbeat/contracts/reports.ts';
import { changesBetween, recordChange, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { nextDue } from '@fleetbeat/infra/reports/next-due.ts';
import type { Change } from '../http/change.ts';
import type { Precondition } from '../http/if-match.ts';
import { unknownDashboard } from './dashboard-changes.ts';

const FIELDS = [
  'every',
  'weekday',
  'day',
  'at',
  'time_zone',
  'span',
  'labels',
  'variables',
  'channel_id',
  'recipients',
  'enabled',
] as const;

/** Which schedule, of which dashboard. */
export interface SchedulePlace {
  readonly dashboardId: string;
  readonly scheduleId: string;
}

/** Changes when a dashboard is mailed and to whom, each together with its entry in the audit log. Throws problems. */
export function createReportScheduleChanges(change: Change, now: () => number) {
  async function create(asker: Asker, dashboardId: string, input: ReportScheduleInput): Promise<string> {
    return change('report_schedules.create', async (transaction) => {
      const { rows: found } = await transaction.query<{ schedules: number }>(
        `select (select count(*) from report_schedules s where s.dashboard_id = v.id) as schedules
         from visualizations v where id = $1 for update`,
        [dashboardId],
      );
      const [dashboard] = found;
      if (dashboard === undefined) throw unknownDashboard();
      if (dashboard.schedules >= MAX_REPORT_SCHEDULES) {
        const detail = `the dashboard has ${MAX_REPORT_SCHEDULES} schedules already: delete one`;
        throw new HttpProblem(409, 'too-many-schedules', detail);
      }
      await requireEmailChannel(transaction, input.channel_id);
      const { enabled, ...definition } = input;
      const { rows } = await transaction.query<{ id: string }>(
        `insert into report_schedules (dashboard_id, definition, enabled, next_at, updated_by)
         values ($1, $2, $3, $4, $5) returning id`,
        [dashboardId, definition, enabled, enabled ? nextDue(input, now()) : null, asker.actor.id],
      );
      const id = rows[0]?.id ?? '';
      await record(transaction, asker, 'created', id, null, input);
      return id;
    });
  }

  async function replace(
    asker: Asker,
    place: SchedulePlace,
    input: ReportScheduleInput,
    precondition: Precondition,
  ): Promise<void> {
    await change('report_schedules.replace', async (transaction) => {
      const { before, revision } = await lock(transaction, place);
      precondition(revision);
      await requireEmailChannel(transaction, input.channel_id);
      const { enabled, ...definition } = input;
      await transaction.query(
        `update report_schedules set definition = $2, enabled = $3, next_at = $4, revision = revision + 1,
           updated_at = clock_timestamp(), updated_by = $5
         where id = $1`,
        [place.scheduleId, definition, enabled, enabled ? nextDue(input, now()) : null, asker.actor.id],
      );
      await record(transaction, asker, 'updated', place.scheduleId, before, input);
    });
  }

  async function remove(asker: Asker, place: SchedulePlace, precondition: Precondition | null): Promise<void> {
    await change('report_schedules.delete', async (transaction) => {
      const { before, revision } = await lock(transaction, place);
      precondition?.(revision);
      await transaction.query('delete from report_schedules where id = $1', [place.scheduleId]);
      await record(transaction, asker, 'deleted', place.scheduleId, before, null);
    });
  }

  /** Has one mailed at once, besides those that are due. At most one waits. */
  async function sendNow(asker: Asker, place: SchedulePlace): Promise<void> {
    await change('report_schedules.send', async (transaction) => {
      await lock(transaction, place);
      const { rows } = await transaction.query(
        `select from report_runs where schedule_id = $1 and state in ('queued', 'retrying')`,
        [place.scheduleId],
      );
      if (rows.length > 0) throw new HttpProblem(409, 'report-waits', 'a report of this schedule is on its way already');
      const at = now();
      await transaction.query(
        `insert into report_runs (schedule_id, due_at, next_try_at, request_id) values ($1, $2, $2, $3)
         on conflict (schedule_id, due_at) do nothing`,
        [place.scheduleId, at, asker.requestId],
      );
      const changes = { sent_at: { before: null, after: at } };
      const { actor, requestId } = asker;
      await recordChange(transaction, {
        entityType: 'report_schedule',
        entityId: place.scheduleId,
        action: 'updated',
        actor,
        changes,
        requestId,
      });
    });
  }

  return { create, replace, remove, sendNow };
}
export type ReportScheduleChanges = ReturnType<typeof createReportScheduleChanges>;

export function unknownSchedule(): HttpProblem {
  return new HttpProblem(404, 'unknown-report-schedule', 'the dashboard has no schedule of this id');
}

async function lock(
  transaction: Transaction,
  { dashboardId, scheduleId }: SchedulePlace,
): Promise<{ before: ReportScheduleInput; revision: number }> {
  const { rows } = await transaction.query<{
    definition: Omit<ReportScheduleInput, 'enabled'>;
    enabled: boolean;
    revision: number;
  }>('select definition, enabled, revision from report_schedules where id = $1 and dashboard_id = $2 for update', [
    scheduleId,
    dashboardId,
  ]);
  const [row] = rows;
  if (row === undefined) throw unknownSchedule();
  return { before: { ...row.definition, enabled: row.enabled }, revision: row.revision };
}

async function requireEmailChannel(transaction: Transaction, channelId: string): Promise<void> {
  const { rows } = await transaction.query(
    `select from channels where id = $1 and type = 'email' and deleted_at is null for share`,
    [channelId],
  );
  if (rows.length === 0) throw new HttpProblem(400, 'invalid-body', 'channel_id: there is no e-mail channel of this id');
}

async function record(
  transaction: Transaction,
  { actor, requestId }: Asker,
  action: 'created' | 'updated' | 'deleted',
  entityId: string,
  before: ReportScheduleInput | null,
  after: ReportScheduleInput | null,
): Promise<void> {
  const changes = changesBetween(before, after, FIELDS);
  await recordChange(transaction, { entityType: 'report_schedule', entityId, action, actor, changes, requestId });
}
