-- The delivery ledger: how far the cuts were compared with what the stores hold, and what differs.

create table ledger_sources (
  source smallint primary key references sources,
  -- The cuts up to this one were compared with each other and with their raw events.
  cuts_seq bigint not null default -1,
  -- The newest stored cut when hours were looked for last.
  seen_seq bigint not null default -1,
  -- All that the cuts up to this one have brought was compared with the stores.
  reconciled_seq bigint not null default -1,
  -- When the last record of that cut was appended, epoch milliseconds; null before the first.
  reconciled_ms bigint
);

create table ledger_hours (
  source smallint not null references sources,
  hour bigint not null,
  -- The cuts up to this one were in it when it was compared last.
  checked_seq bigint not null,
  -- Of compacted_hours, at that time; it is higher when a cut has come since.
  checked_touched bigint not null default 0,
  checked_at timestamptz,
  primary key (source, hour)
);

-- One row: where the round trip over all agents has come to.
create table ledger_agents (
  only_row boolean primary key default true check (only_row),
  last_agent text not null default ''
);
insert into ledger_agents default values;

create table ledger_findings (
  id bigint generated always as identity primary key,
  source smallint not null references sources,
  kind text not null,
  -- Where it is: each null where the kind has no such thing.
  hour bigint,
  seq bigint,
  agent_id text,
  expected bigint not null,
  found bigint not null,
  first_seen timestamptz not null default clock_timestamp(),
  last_seen timestamptz not null default clock_timestamp(),
  resolved_at timestamptz,
  -- 'equal' again, or 'outlived': what it is about was to be kept no longer.
  resolution text check ((resolution is null) = (resolved_at is null))
);
create unique index ledger_findings_open on ledger_findings
  (source, kind, coalesce(hour, -1), coalesce(seq, -1), coalesce(agent_id, '')) where resolved_at is null;

-- Which cuts have events of an hour: whatever the clocks said, it misses none.
create index cuts_by_hour on cuts using gin (hours);
