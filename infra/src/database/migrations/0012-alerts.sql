-- Rules, their alerts and what was told about them. Times in bigint are epoch milliseconds.

create table alert_rules (
  id text primary key default gen_random_uuid()::text,
  -- ruleSchema in contracts/src/alerts.ts
  definition jsonb not null,
  version integer not null default 1,
  built_in boolean not null default false,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  updated_by text not null,
  -- Its alerts are kept, and resolved by the next evaluation.
  deleted_at timestamptz
);
create unique index alert_rules_by_name on alert_rules (lower(definition ->> 'name')) where deleted_at is null;

-- Default rules that were put there once, so that a deleted one does not come back.
create table alert_rules_shipped (
  name text primary key,
  shipped_at timestamptz not null default clock_timestamp()
);

-- What the evaluator says about a rule.
create table alert_rule_health (
  rule_id text primary key references alert_rules on delete cascade,
  evaluated_at bigint not null,
  problem text,
  -- Keys in breach beyond the most alerts that one rule may have.
  beyond_limit integer not null default 0
);

create table alerts (
  id bigint generated always as identity primary key,
  rule_id text not null references alert_rules on delete cascade,
  key text not null,
  state text not null check (state in ('pending', 'firing', 'resolved')),
  severity text not null,
  -- Grows by one with every change of state; whoever changes it names the one it saw.
  seq integer not null default 1,
  -- By level: since when the breach lasts, whether it fires, since when it is over.
  tracks jsonb not null,
  value double precision,
  reason text not null,
  began_at bigint not null,
  fired_at bigint,
  resolved_at bigint,
  acknowledged_at bigint,
  acknowledged_by text
);
create unique index alerts_active on alerts (rule_id, key) where state <> 'resolved';
create index alerts_by_state on alerts (state, id desc);
create index alerts_old on alerts (resolved_at) where state = 'resolved';

create table alert_transitions (
  alert_id bigint not null references alerts on delete cascade,
  seq integer not null,
  at bigint not null,
  from_state text not null,
  to_state text not null,
  severity text not null,
  reason text not null,
  value double precision,
  primary key (alert_id, seq)
);

create table notifications (
  id bigint generated always as identity primary key,
  at bigint not null,
  severity text not null,
  kind text not null,
  title text not null check (char_length(title) <= 80),
  body text not null,
  rule_id text not null references alert_rules on delete cascade,
  alert_ids bigint[] not null,
  read_at bigint,
  read_by text
);
create index notifications_unread on notifications (id) where read_at is null;
create index notifications_old on notifications (at);

-- How far each source's clock was when rules were evaluated last, and since when it has run without a gap:
-- silence over a gap is nobody's fault.
create table alert_sources (
  source smallint primary key references sources,
  clock_ms bigint not null,
  steady_from_ms bigint not null
);
