-- Dashboards that people have built. `definition` is dashboardInputSchema in contracts/src/dashboards.ts without the name.
create table visualizations (
  id text primary key default gen_random_uuid()::text,
  name text not null,
  definition jsonb not null,
  revision integer not null default 1,
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  updated_at timestamptz not null default clock_timestamp(),
  updated_by text not null
);
create index visualizations_by_name on visualizations (lower(name), id);
