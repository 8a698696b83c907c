-- Users of whom everything was to be erased. Times in bigint are epoch milliseconds.

create table erasures (
  -- Grows with every request: a cut that was begun before the newest of them is made anew.
  id integer generated always as identity primary key,
  -- Keyed hash of the user's id.
  subject text not null,
  -- The id, encrypted by infra/src/access/encrypt.ts; null once it has been looked for everywhere.
  user_id bytea,
  -- The halves of the hash by which sketches know the user: what comes later is recognised by it. Null once nothing can come.
  hash_hi integer,
  hash_lo integer,
  covers_until bigint not null,
  watched_until bigint not null,
  log_until bigint not null,
  state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed')),
  reason text,
  requested_by text not null,
  attempts integer not null default 0,
  blocks bigint not null default 0,
  blocks_read bigint not null default 0,
  raw_events bigint not null default 0,
  dead_letters bigint not null default 0,
  late_events bigint not null default 0,
  -- The last block looked through: {source, seq, agent_id}; null before the first.
  reached jsonb,
  created_at timestamptz not null default clock_timestamp(),
  started_at timestamptz,
  -- The sign of life of whoever is at it.
  heard_at timestamptz,
  ended_at timestamptz
);
create index erasures_watched on erasures (watched_until) where hash_hi is not null;

-- Events of the block that were erased: events + erased is what was aggregated.
alter table event_blocks add column erased integer not null default 0;
