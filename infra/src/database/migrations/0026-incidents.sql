-- Incidents: alerts that are told together, and all that was decided about them. Times in bigint are epoch milliseconds.
-- Whoever changes anything of an incident holds the lock of its row.

create table incidents (
  id bigint generated always as identity primary key,
  -- The route that makes it and the labels its alerts share, as text.
  group_key text not null,
  route_id text not null,
  group_labels jsonb not null,
  status text not null check (status in ('open', 'acknowledged', 'resolved')),
  severity text not null,
  title text not null check (char_length(title) <= 80),
  revision integer not null default 1,
  opened_at bigint not null,
  updated_at bigint not null,
  acknowledged_at bigint,
  acknowledged_by text,
  assigned_to text,
  snoozed_until bigint,
  resolved_at bigint,
  -- Null where its alerts ended by themselves.
  resolved_by text,
  reopened integer not null default 0,
  -- Notices so far: numbers their idempotency keys.
  notices integer not null default 0
);
create unique index incidents_active on incidents (group_key) where status <> 'resolved';
create index incidents_of_group on incidents (group_key, id desc);
create index incidents_by_status on incidents (status, id desc);
create index incidents_old on incidents (resolved_at) where status = 'resolved';

create table incident_alerts (
  alert_id bigint primary key references alerts on delete cascade,
  incident_id bigint not null references incidents on delete cascade,
  -- As they were when the alert changed last.
  state text not null check (state in ('firing', 'resolved')),
  severity text not null,
  labels jsonb not null,
  -- Every route that takes it.
  routes text[] not null,
  fired_at bigint not null,
  resolved_at bigint,
  -- Why nobody is told of it, as last decided; null: nothing holds it back.
  held_back text
);
create index incident_alerts_of_incident on incident_alerts (incident_id, alert_id);
-- Inhibitions and silences ask for what fires, by label.
create index incident_alerts_firing on incident_alerts using gin (labels jsonb_path_ops) where state = 'firing';

-- Tasks that the agents of an incident were at when their alerts fired.
create table incident_tasks (
  incident_id bigint not null references incidents on delete cascade,
  task_id text not null,
  primary key (incident_id, task_id)
);

-- What one route has told of an incident.
create table incident_threads (
  incident_id bigint not null references incidents on delete cascade,
  route_id text not null,
  -- Alerts told as firing and not yet as resolved: {"<alert id>": "<severity>"}.
  told jsonb not null default '{}',
  told_at bigint,
  -- Why nothing was told when last asked, so that the timeline says it once.
  held_back text,
  -- How often escalations of this thread were begun, and the step that comes next; null: none is under way.
  escalation_run integer not null default 0,
  escalation_step integer,
  escalation_round integer not null default 0,
  -- Channels that escalations have told, and that must hear of the end.
  escalated_to text[] not null default '{}',
  primary key (incident_id, route_id)
);

-- What is to be done and when; swept by every jobs service. `route_id` is empty for what is about the whole incident.
create table incident_timers (
  incident_id bigint not null references incidents on delete cascade,
  route_id text not null default '',
  kind text not null check (kind in ('flush', 'escalate', 'unsnooze')),
  due_at bigint not null,
  primary key (incident_id, route_id, kind)
);
create index incident_timers_due on incident_timers (due_at);

create table incident_timeline (
  id bigint generated always as identity primary key,
  incident_id bigint not null references incidents on delete cascade,
  at bigint not null,
  kind text not null,
  actor text,
  text text not null,
  alert_ids bigint[] not null default '{}',
  -- deliveries.id
  delivery_ids bigint[] not null default '{}'
);
create index incident_timeline_of_incident on incident_timeline (incident_id, id);
