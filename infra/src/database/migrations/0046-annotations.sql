-- What people and pipelines mark on charts: deploys, switches, trials. Times in bigint are epoch milliseconds.

create table annotations (
  id bigint generated always as identity primary key,
  starts_at bigint not null,
  -- The same moment where it is none but that.
  ends_at bigint not null check (ends_at >= starts_at),
  text text not null,
  -- Of what it is about; none: of everything.
  labels jsonb not null default '{}',
  tags text[] not null default '{}',
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null
);
create index annotations_newest on annotations (starts_at desc, id desc);
-- Incidents are drawn beside them.
create index incidents_by_time on incidents (opened_at desc, id desc);
