-- Who is told about which alerts. Times in bigint are epoch milliseconds.

create table alerting_definitions (
  kind text not null check (kind in ('route', 'inhibition', 'silence', 'schedule', 'escalation')),
  id text not null default gen_random_uuid()::text,
  -- routeSchema, inhibitionSchema and Silence in contracts/src/routing.ts, scheduleSchema and escalationSchema in on-call.ts
  definition jsonb not null,
  version integer not null default 1,
  built_in boolean not null default false,
  created_at bigint not null,
  created_by text not null,
  updated_at bigint not null,
  updated_by text not null,
  primary key (kind, id)
);
create unique index alerting_definitions_by_name on alerting_definitions (kind, lower(definition ->> 'name')) where kind <> 'silence';

insert into alerting_definitions (kind, id, definition, built_in, created_at, created_by, updated_at, updated_by)
select kind, id, definition::jsonb, true, 0, 'fleetbeat', 0, 'fleetbeat'
from (values
  ('route', 'default', '{"name": "Default", "parent_id": null, "position": 0, "matchers": [], "continue": false}'),
  ('inhibition', 'host-explains-agents', '{
     "name": "A host that is down explains its agents", "enabled": true,
     "source": [{"label": "set", "op": "=", "value": "host"}, {"label": "kind", "op": "=", "value": "liveness"}],
     "target": [{"label": "set", "op": "=", "value": "agent"}, {"label": "kind", "op": "=", "value": "liveness"}],
     "equal": ["host"]}')
) as shipped (kind, id, definition);

create table on_call_overrides (
  id bigint generated always as identity primary key,
  schedule_id text not null,
  user_id text not null,
  from_ms bigint not null,
  to_ms bigint not null check (to_ms > from_ms),
  kind text not null default 'schedule' check (kind = 'schedule'),
  foreign key (kind, schedule_id) references alerting_definitions (kind, id) on delete cascade
);
create index on_call_overrides_of_schedule on on_call_overrides (schedule_id, to_ms);
