-- What everybody has read of what is told in the dashboard. Times in bigint are epoch milliseconds.

-- Everything up to and with a notification.
create table notification_readers (
  -- A user, a key, or the name that somebody signed in by a link goes by.
  reader text primary key,
  read_up_to bigint not null,
  -- When that was said last.
  read_at bigint not null
);

-- And single ones after it.
create table notification_reads (
  reader text not null,
  notification_id bigint not null references notifications on delete cascade,
  read_at bigint not null,
  primary key (reader, notification_id)
);
create index notification_reads_of on notification_reads (notification_id);

-- What was read while reading was everybody's stays read, for everybody, until it goes.
comment on column notifications.read_at is 'read by everybody: until migration 0049 alone';
comment on column notifications.read_by is 'whoever had marked it: until migration 0049 alone';
drop index notifications_unread;

-- What somebody has read goes with their account.
create function forget_reader() returns trigger language plpgsql as $$
begin
  delete from notification_readers where reader = old.id;
  delete from notification_reads where reader = old.id;
  return null;
end
$$;
create trigger users_forget_reader after delete on users for each row execute function forget_reader();
