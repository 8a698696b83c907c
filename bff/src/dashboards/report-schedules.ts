import type { ReportSchedule } from '@fleetbeat/contracts/reports.ts';
import type { ReadQuery } from '../http/read-query.ts';

export interface ReportSchedulesReadModel {
  /** The oldest first. */
  list(dashboardId: string): Promise<ReportSchedule[]>;
  find(dashboardId: string, scheduleId: string): Promise<ReportSchedule | null>;
}

type Row = Pick<
  ReportSchedule,
  'id' | 'dashboard_id' | 'enabled' | 'next_at' | 'last' | 'revision' | 'updated_at' | 'updated_by'
> & {
  definition: Omit<ReportSchedule, keyof Row>;
};

const SELECT = `select s.id, s.dashboard_id, s.definition, s.enabled, s.next_at, s.revision, s.updated_by,
    (extract(epoch from s.updated_at) * 1000)::bigint as updated_at,
    (select jsonb_build_object('due_at', r.due_at, 'state', r.state, 'attempts', r.attempts, 'reason', r.reason, 'sent_at', r.sent_at)
     from report_runs r where r.schedule_id = s.id order by r.id desc limit 1) as last
  from report_schedules s`;

export function createReportSchedulesReadModel(query: ReadQuery): ReportSchedulesReadModel {
  const scheduleOf = ({ definition, ...row }: Row): ReportSchedule => ({ ...definition, ...row });
  return {
    async list(dashboardId) {
      const rows = await query<Row>(
        'report_schedules.list',
        `${SELECT} where s.dashboard_id = $1 order by s.updated_at, s.id limit 100`,
        [dashboardId],
      );
      return rows.map(scheduleOf);
    },
    async find(dashboardId, scheduleId) {
      const [row] = await query<Row>('report_schedules.find', `${SELECT} where s.dashboard_id = $1 and s.id = $2`, [
        dashboardId,
        scheduleId,
      ]);
      return row === undefined ? null : scheduleOf(row);
    },
  };
}
