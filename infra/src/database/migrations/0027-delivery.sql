-- Channels to people outside, and what was delivered over them. Times in bigint are epoch milliseconds.

create table channels (
  id text primary key default gen_random_uuid()::text,
  name text not null,
  -- CHANNEL_TYPES in contracts/src/delivery.ts
  type text not null,
  -- The user whose own channel it is; null: the team's.
  owner text,
  enabled boolean not null default true,
  -- Of the type's schema in contracts/src/channels.ts, without its secrets.
  config jsonb not null default '{}',
  -- A JSON object of them, encrypted by infra/src/access/encrypt.ts with the channel's id as context; null: none.
  secrets bytea,
  -- Which of them are set, so that answering needs no key.
  secret_names text[] not null default '{}',
  -- Deliveries a minute at most; null: as is usual for the type.
  rate_per_minute integer,
  revision bigint not null default 1,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  updated_by text not null,
  -- The row stays for the log of deliveries, without its secrets.
  deleted_at timestamptz
);
create unique index channels_by_name on channels (lower(name)) where deleted_at is null;

-- What all workers know of a channel: how fast it may go, and whether it answers.
create table channel_health (
  channel_id text primary key references channels on delete cascade,
  circuit text not null default 'closed' check (circuit in ('closed', 'open', 'half_open')),
  -- Failures in a row.
  failures integer not null default 0,
  -- How often the circuit has opened since the last success: each time it stays open for longer.
  openings integer not null default 0,
  -- Nothing is sent before: the circuit is open or its probe is under way, or the provider has asked for a pause.
  closed_until bigint not null default 0,
  -- The rate's token bucket; null: full.
  tokens double precision,
  tokens_at bigint not null default 0,
  last_success_at bigint,
  last_failure_at bigint,
  last_error text
);

create table deliveries (
  id bigint generated always as identity primary key,
  channel_id text not null references channels on delete cascade,
  -- Sent along with every attempt, so that the receiver can tell a repetition.
  idempotency_key text not null unique,
  -- noticeSchema in contracts/src/delivery.ts
  notice jsonb not null,
  -- Deliveries of one key over one channel go one after the other.
  dedup_key text not null generated always as (notice ->> 'dedup_key') stored,
  state text not null default 'queued' check (state in ('queued', 'retrying', 'delivered', 'dead')),
  -- Attempts begun, also those whose end nobody knows.
  attempts integer not null default 0,
  -- The attempts that a replay has not counted anew.
  attempts_before_replay integer not null default 0,
  created_at bigint not null,
  -- When it may go; null: it goes no more.
  next_try_at bigint,
  -- A worker has it; null: none. Past this time it is anybody's again.
  claimed_until bigint,
  delivered_at bigint,
  last_error text,
  -- What the provider calls it.
  provider_id text
);
create index deliveries_due on deliveries (channel_id, next_try_at) where state in ('queued', 'retrying');
create index deliveries_in_order on deliveries (channel_id, dedup_key, id) where state in ('queued', 'retrying');
create index deliveries_of_channel on deliveries (channel_id, id desc);
create index deliveries_by_state on deliveries (state, id desc);
create index deliveries_old on deliveries (created_at) where state in ('delivered', 'dead');

create table delivery_attempts (
  delivery_id bigint not null references deliveries on delete cascade,
  attempt integer not null,
  started_at bigint not null,
  -- Null where the worker ended before the attempt did.
  ended_at bigint,
  outcome text check (outcome in ('delivered', 'retryable', 'permanent')),
  -- HTTP's or SMTP's; null: no answer.
  status integer,
  reason text,
  primary key (delivery_id, attempt)
);

-- What is told in the dashboard is not only about alerts any more.
alter table notifications
  alter column rule_id drop not null,
  alter column alert_ids set default '{}',
  -- What it is about where it is about no alert: a task, a suggestion.
  add column subject_type text,
  add column subject_id text,
  -- Whatever comes twice under one key is told once.
  add column dedup_key text;
create unique index notifications_told_once on notifications (dedup_key) where dedup_key is not null;
