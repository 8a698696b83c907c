-- Nobody waits for an archived host any more. It comes back when it sends a sample. Epoch milliseconds.
alter table hosts add column archived_at bigint;
create index hosts_silent on hosts (last_seen) where archived_at is null;
