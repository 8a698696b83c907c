-- How many events a partition of the log in Postgres holds from an offset on. A record that tells no
-- number is one event of a plain client.
create function log_pending_events(the_log integer, from_offset bigint) returns bigint language plpgsql stable as $$
declare
  segment integer;
  found_events bigint;
  pending bigint := 0;
begin
  for segment in
    select s.id from log_segments s
    where s.log = the_log
      and not exists (select from log_segments n where n.log = s.log and n.first_offset > s.first_offset and n.first_offset <= from_offset)
  loop
    begin
      execute format('select coalesce(sum(coalesce(events, 1)), 0) from event_log.s%s where log_offset >= $1 and not tick', segment)
        into found_events using from_offset;
      pending := pending + found_events;
    exception when undefined_table then
      -- Dropped since the list was read: its time was up.
      null;
    end;
  end loop;
  return pending;
end
$$;
