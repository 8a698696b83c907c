-- The event log where no Kafka is configured.
--
-- A partition's records lie in segments, each a table of its own in the schema event_log, so that old
-- ones go as a whole and nobody else is locked. The newest segment of a partition is never dropped:
-- it holds the offset and the clock that the next append goes on from, even when it has no rows.

create schema event_log;

create table log_partitions (
  -- Names the advisory lock of the partition.
  id smallint generated always as identity primary key,
  topic text not null,
  partition integer not null check (partition >= 0),
  unique (topic, partition)
);

-- Segment n is the table event_log.s<n>.
create table log_segments (
  id integer generated always as identity primary key,
  log smallint not null references log_partitions,
  first_offset bigint not null,
  -- The log's clock when it was opened, epoch milliseconds: no record before it is newer, none in it older.
  opened_ms bigint not null,
  unique (log, first_offset)
);

-- Who reads in a group, and what is read by whom until when.
create table log_members (
  group_name text not null,
  member text not null,
  topics text[] not null,
  expires_at timestamptz not null,
  primary key (group_name, member)
);

create table log_leases (
  group_name text not null,
  log smallint not null references log_partitions,
  owner text not null,
  expires_at timestamptz not null,
  primary key (group_name, log)
);

-- For lag tools.
create table log_commits (
  group_name text not null,
  log smallint not null references log_partitions,
  next_offset bigint not null,
  committed_at timestamptz not null default clock_timestamp(),
  primary key (group_name, log)
);

-- Serialises appends to one partition until the transaction has become visible: whoever gets it next
-- sees the records before its own, so offsets have no gaps and appear in order.
create function log_lock(log integer) returns void language sql as $$
  select pg_advisory_xact_lock(1819242340, log)
$$;

create function log_clock() returns bigint language sql volatile as $$
  select floor(extract(epoch from clock_timestamp()) * 1000)::bigint
$$;

create function log_open_segment(the_log integer, at_offset bigint, at_ms bigint) returns void language plpgsql as $$
declare
  segment integer;
begin
  insert into log_segments (log, first_offset, opened_ms) values (the_log, at_offset, at_ms) returning id into segment;
  -- Rows are never changed and go with their table, so there is nothing to vacuum.
  execute format(
    'create table event_log.s%s (
       log_offset bigint primary key,
       appended_at bigint not null,
       events integer,
       tick boolean not null,
       key bytea,
       value bytea not null
     ) with (autovacuum_enabled = false, toast.autovacuum_enabled = false)', segment);
  execute format('alter table event_log.s%s alter column value set storage external', segment);
end
$$;

-- The newest segment of a partition, the offset and the clock that the next record goes on from.
create function log_head(the_log integer, out segment integer, out next_offset bigint, out last_ms bigint)
language plpgsql as $$
declare
  last_offset bigint;
  last_appended bigint;
begin
  select s.id, s.first_offset, s.opened_ms into strict segment, next_offset, last_ms
    from log_segments s where s.log = the_log order by s.first_offset desc limit 1;
  execute format('select log_offset, appended_at from event_log.s%s order by log_offset desc limit 1', segment)
    into last_offset, last_appended;
  if last_offset is not null then
    next_offset := last_offset + 1;
    last_ms := last_appended;
  end if;
end
$$;

-- Appends records given as arrays of one element each, in the order given within a partition. `payload`
-- holds their keys and values; a record's begins at `starts`, key first; a key size of -1 is no key.
create function log_append(
  logs integer[], starts integer[], key_sizes integer[], value_sizes integer[], counts integer[], ticks boolean[], payload bytea
) returns void language plpgsql as $$
declare
  this_log integer;
  head record;
begin
  -- In one order everywhere, so that two appends never wait for each other.
  for this_log in select distinct l from unnest(logs) l order by l loop
    perform log_lock(this_log);
    select * into strict head from log_head(this_log);
    execute format(
      'insert into event_log.s%s (log_offset, appended_at, events, tick, key, value)
       select $1 + row_number() over (order by r.position) - 1, $2, r.count, r.tick,
              case when r.key_size >= 0 then substring($3 from r.start + 1 for r.key_size) end,
              substring($3 from r.start + 1 + greatest(r.key_size, 0) for r.value_size)
       from unnest($4, $5, $6, $7, $8, $9) with ordinality
         as r (log, start, key_size, value_size, count, tick, position)
       where r.log = $10', head.segment)
      using head.next_offset, greatest(head.last_ms, log_clock()), payload,
            logs, starts, key_sizes, value_sizes, counts, ticks, this_log;
  end loop;
end
$$;

-- Begins a new segment where the newest has rows and is larger than `max_bytes` or older than `max_age_ms`.
create function log_roll(the_log integer, max_bytes bigint, max_age_ms bigint) returns boolean language plpgsql as $$
declare
  head record;
  opened bigint;
  first bigint;
begin
  perform log_lock(the_log);
  select * into strict head from log_head(the_log);
  select s.opened_ms, s.first_offset into strict opened, first from log_segments s where s.id = head.segment;
  if head.next_offset = first then
    return false;
  end if;
  if opened > log_clock() - max_age_ms
     and pg_total_relation_size(format('event_log.s%s', head.segment)::regclass) < max_bytes then
    return false;
  end if;
  perform log_open_segment(the_log, head.next_offset, greatest(head.last_ms, log_clock()));
  return true;
end
$$;

-- Creates the partitions of a topic that does not exist; an existing topic keeps those it has.
create function log_create_topic(the_topic text, partitions integer) returns void language plpgsql as $$
declare
  new_log integer;
begin
  perform log_lock(0);
  if exists (select from log_partitions p where p.topic = the_topic) then
    return;
  end if;
  for number in 0 .. partitions - 1 loop
    insert into log_partitions (topic, partition) values (the_topic, number) returning id into new_log;
    perform log_open_segment(new_log, 0, log_clock());
  end loop;
end
$$;

-- Drops a segment that is not the newest of its partition.
create function log_drop_segment(segment integer) returns void language plpgsql as $$
begin
  -- Rather another time than to hold up readers behind somebody who reads this segment for long (a backup).
  set local lock_timeout = '2s';
  delete from log_segments s
    where s.id = segment
      and exists (select from log_segments n where n.log = s.log and n.first_offset > s.first_offset);
  if found then
    execute format('drop table event_log.s%s', segment);
  end if;
end
$$;
