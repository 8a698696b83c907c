-- What processors keep: cuts, duplicates' hashes, dead letters, raw events, agents, hosts, tasks.

create table sources (
  id smallint generated always as identity primary key,
  topic text not null,
  partition integer not null,
  -- The log's clock as far as the last stored cut has read it, epoch milliseconds.
  clock_ms bigint not null default 0,
  unique (topic, partition)
);

create table cuts (
  source smallint not null references sources,
  seq bigint not null,
  first_offset bigint not null,
  end_offset bigint not null,
  -- Offsets the log had dropped before they were read, just below first_offset.
  expired bigint not null default 0,
  records integer not null,
  -- read = aggregated + duplicate + dead
  read integer not null check (read = aggregated + duplicate + dead),
  aggregated integer not null,
  duplicate integer not null,
  dead integer not null,
  -- Of the aggregated: events older than the 10 s windows open at their append.
  late integer not null,
  first_append_ms bigint not null,
  last_append_ms bigint not null,
  -- Aggregated events by hour of event time: {"<epoch ms>": count}.
  hours jsonb not null,
  owner text not null,
  cut_at timestamptz not null default clock_timestamp(),
  stored_at timestamptz,
  primary key (source, seq),
  unique (source, first_offset)
);
create index cuts_open on cuts (source, seq) where stored_at is null;

-- 8 bytes an accepted event, in order; the last 2^22 of a source are its duplicate horizon.
create table cut_hashes (
  source smallint not null,
  seq bigint not null,
  events integer not null,
  hashes bytea not null,
  primary key (source, seq)
);
alter table cut_hashes alter column hashes set storage external;

create table dead_letters (
  source smallint not null references sources,
  log_offset bigint not null,
  position integer not null,
  appended_at bigint not null,
  key text,
  code text not null,
  reason text not null,
  payload bytea not null,
  replayed_at timestamptz,
  primary key (source, log_offset, position)
);
create index dead_letters_newest on dead_letters (appended_at desc, source, log_offset, position);

-- Raw events: zstd-compressed NDJSON, one block per agent and cut, in the order of the log.
create table event_blocks (
  source smallint not null,
  seq bigint not null,
  agent_id text not null,
  events integer not null,
  min_ts bigint not null,
  max_ts bigint not null,
  -- Bit n is set where the block has an event of the n-th message type; bit 5 stands for heartbeats.
  types smallint not null,
  block bytea not null,
  primary key (source, seq, agent_id)
);
alter table event_blocks alter column block set storage external;
create index event_blocks_of_agent on event_blocks (agent_id, max_ts desc);
create index event_blocks_newest on event_blocks (max_ts desc);

create table agents (
  agent_id text primary key,
  source smallint not null,
  name text,
  host_id text,
  -- As the agent last said; offline is derived from last_seen and the source's clock.
  status text not null,
  capabilities text[] not null default '{}',
  labels jsonb not null default '{}',
  model text,
  first_seen bigint not null,
  -- Log time of the newest event, epoch milliseconds.
  last_seen bigint not null,
  total_messages bigint not null default 0,
  total_responses bigint not null default 0,
  total_errors bigint not null default 0,
  total_tokens bigint not null default 0
);
create index agents_last_seen on agents (last_seen desc, agent_id);

create table hosts (
  host_id text primary key,
  source smallint not null,
  hostname text,
  platform text,
  cores integer,
  labels jsonb not null default '{}',
  first_seen bigint not null,
  last_seen bigint not null,
  -- The newest sample by its own time, as it came.
  sample jsonb not null,
  sample_ts bigint not null
);

create table tasks (
  task_id text primary key,
  name text,
  description text,
  status text not null,
  priority text not null default 'medium',
  workflow_id text,
  agent_id text,
  due_date bigint,
  progress real not null default 0,
  result jsonb,
  error text,
  attempts integer not null default 0,
  created_at bigint not null,
  started_at bigint,
  completed_at bigint,
  -- Of each field: event time and sequence of the event that set it, so that events may come in any order.
  versions jsonb not null,
  -- Event time of the newest event applied.
  updated_at bigint not null
);
create index tasks_by_status on tasks (status, updated_at desc);
create index tasks_by_workflow on tasks (workflow_id) where workflow_id is not null;

-- 1 h rows of a source's hour hold what its 1 m rows hold where merged = touched.
create table compacted_hours (
  source smallint not null references sources,
  hour bigint not null,
  touched bigint not null,
  merged bigint not null default 0,
  primary key (source, hour)
);
create index compacted_hours_due on compacted_hours (hour) where merged < touched;

-- Keys whose open partials somebody looks at.
create table watches (
  set_name text not null,
  key text not null,
  expires_at timestamptz not null,
  primary key (set_name, key)
);
