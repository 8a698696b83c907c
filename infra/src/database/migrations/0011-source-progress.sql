-- How far a source has been read, as its processor last said, for the ledger's pending events.

alter table sources
  -- The offset of the next record to read.
  add column read_offset bigint not null default 0,
  -- Events read into cuts that are not stored yet.
  add column open_events bigint not null default 0;
