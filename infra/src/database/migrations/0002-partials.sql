-- The time-series store inside the database: partial aggregates of (set, key, window) over one cut.
-- Columns are those of FAMILIES in contracts/src/aggregates.ts (a test compares them), all integers.
-- A row never changes. The key begins with what expires together and grows at its end, so that a cut
-- writes to few pages, whatever its keys are, and a range of windows is read from neighbouring ones.

create table event_partials (
  -- Start of the window, epoch milliseconds.
  window_start bigint not null,
  -- The cut of the source; in the 1 h tier the version of the compaction.
  seq bigint not null,
  messages bigint not null,
  heartbeats bigint not null,
  user_messages bigint not null,
  responses bigint not null,
  tool_calls bigint not null,
  errors bigint not null,
  feedback bigint not null,
  scored bigint not null,
  score_micros bigint not null,
  timed bigint not null,
  response_us bigint not null,
  response_us_min bigint not null,
  response_us_max bigint not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cache_read_tokens bigint not null,
  cache_write_tokens bigint not null,
  reasoning_tokens bigint not null,
  other_tokens bigint not null,
  cost_micros bigint not null,
  source smallint not null,
  -- Length of the window in seconds.
  tier_s smallint not null,
  set_name text collate "C" not null,
  key text collate "C" not null,
  sketch bytea,
  distinct_sketch bytea,
  primary key (tier_s, set_name, window_start, key, source, seq)
);
alter table event_partials alter column sketch set storage external;
alter table event_partials alter column distinct_sketch set storage external;

create table gauge_partials (
  -- Start of the window, epoch milliseconds.
  window_start bigint not null,
  -- The cut of the source; in the 1 h tier the version of the compaction.
  seq bigint not null,
  samples bigint not null,
  total_millis bigint not null,
  min_millis bigint not null,
  max_millis bigint not null,
  last_millis bigint not null,
  last_at bigint not null,
  source smallint not null,
  -- Length of the window in seconds.
  tier_s smallint not null,
  set_name text collate "C" not null,
  key text collate "C" not null,
  primary key (tier_s, set_name, window_start, key, source, seq)
);

create table task_partials (
  -- Start of the window, epoch milliseconds.
  window_start bigint not null,
  -- The cut of the source; in the 1 h tier the version of the compaction.
  seq bigint not null,
  created bigint not null,
  started bigint not null,
  completed bigint not null,
  failed bigint not null,
  cancelled bigint not null,
  timed bigint not null,
  duration_ms bigint not null,
  source smallint not null,
  -- Length of the window in seconds.
  tier_s smallint not null,
  set_name text collate "C" not null,
  key text collate "C" not null,
  sketch bytea,
  primary key (tier_s, set_name, window_start, key, source, seq)
);
alter table task_partials alter column sketch set storage external;
