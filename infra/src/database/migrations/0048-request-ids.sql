-- Which request something came with or was asked for by; null: none, or from before this was kept.

-- In the order in which appends lock, so that neither waits for the other.
do $$
declare
  segment integer;
begin
  for segment in select id from log_segments order by log, first_offset loop
    execute format('alter table event_log.s%s add column request_id text', segment);
  end loop;
end
$$;

create or replace function log_open_segment(the_log integer, at_offset bigint, at_ms bigint) returns void language plpgsql as $$
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
       value bytea not null,
       request_id text
     ) with (autovacuum_enabled = false, toast.autovacuum_enabled = false)', segment);
  execute format('alter table event_log.s%s alter column value set storage external', segment);
end
$$;

-- As the function without `requests`, which processes of an older version go on calling until they end.
create function log_append(
  logs integer[], starts integer[], key_sizes integer[], value_sizes integer[], counts integer[], ticks boolean[],
  requests text[], payload bytea
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
      'insert into event_log.s%s (log_offset, appended_at, events, tick, key, value, request_id)
       select $1 + row_number() over (order by r.position) - 1, $2, r.count, r.tick,
              case when r.key_size >= 0 then substring($3 from r.start + 1 for r.key_size) end,
              substring($3 from r.start + 1 + greatest(r.key_size, 0) for r.value_size), r.request_id
       from unnest($4, $5, $6, $7, $8, $9, $10) with ordinality
         as r (log, start, key_size, value_size, count, tick, request_id, position)
       where r.log = $11', head.segment)
      using head.next_offset, greatest(head.last_ms, log_clock()), payload,
            logs, starts, key_sizes, value_sizes, counts, ticks, requests, this_log;
  end loop;
end
$$;

alter table dead_letters add column request_id text;
alter table deliveries add column request_id text;
alter table report_runs add column request_id text;
alter table recomputes add column request_id text;
alter table erasures add column request_id text;
