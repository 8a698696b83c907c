-- Dashboards that are mailed as PDF again and again. Times in bigint are epoch milliseconds.

create table report_schedules (
  id text primary key default gen_random_uuid()::text,
  dashboard_id text not null references visualizations on delete cascade,
  -- reportScheduleInputSchema in contracts/src/reports.ts without `enabled`
  definition jsonb not null,
  enabled boolean not null,
  -- When the next one is due; null while switched off.
  next_at bigint,
  revision integer not null default 1,
  updated_at timestamptz not null default clock_timestamp(),
  updated_by text not null
);
create index report_schedules_of_dashboard on report_schedules (dashboard_id);
create index report_schedules_due on report_schedules (next_at) where next_at is not null;

-- One mail that was due: however many processes sweep, an occurrence is there once.
create table report_runs (
  id bigint generated always as identity primary key,
  schedule_id text not null references report_schedules on delete cascade,
  due_at bigint not null,
  -- REPORT_RUN_STATES in contracts/src/reports.ts
  state text not null default 'queued',
  -- Begun so far.
  attempts integer not null default 0,
  -- While it waits, or while somebody has it: not before then.
  next_try_at bigint,
  reason text,
  sent_at bigint,
  unique (schedule_id, due_at)
);
create index report_runs_waiting on report_runs (next_try_at) where state in ('queued', 'retrying');
