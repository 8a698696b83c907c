-- Recomputing: rows of the 10 s and 1 m tiers made from the log again, beside those that the cuts have written.

alter table cuts
  -- Which of its valid events, counted from 0, were duplicates, so that the cut can be read again by itself:
  -- LEB128 varints, each the distance from the one before. Null: from before this was kept.
  add column duplicates bytea;

create table recomputes (
  id integer generated always as identity primary key,
  -- Who runs it: the jobs service, or the command line, whose process is all there is of it.
  origin text not null check (origin in ('api', 'command')),
  -- Whole hours of event time, epoch milliseconds.
  from_ms bigint not null,
  to_ms bigint not null check (to_ms > from_ms),
  state text not null check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
  reason text,
  requested_by text not null,
  -- What its rows are known by, another one in each attempt; null before the first.
  version integer,
  attempts integer not null default 0,
  sources integer not null default 0,
  sources_done integer not null default 0,
  records bigint not null default 0,
  records_read bigint not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  started_at timestamptz,
  -- The sign of life of whoever is at it.
  heard_at timestamptz,
  ended_at timestamptz
);
-- One at a time.
create unique index recomputes_under_way on recomputes ((true)) where state in ('queued', 'running');

-- 0 is what the cuts have written.
create sequence row_versions as integer;

-- Of an hour's 10 s and 1 m rows those of `version` count up to the cut `through_seq`, then those of the cuts. An hour that is not here has
-- only the latter.
create table hour_versions (
  source smallint not null references sources,
  hour bigint not null,
  version integer not null,
  through_seq bigint not null,
  primary key (source, hour)
);
create index hour_versions_by_hour on hour_versions (hour);

-- Rows that no reader asks for any more, to be dropped once nobody can be reading them.
create table replaced_rows (
  id bigint generated always as identity primary key,
  version integer not null,
  from_ms bigint not null,
  to_ms bigint not null,
  replaced_at timestamptz not null default clock_timestamp()
);
