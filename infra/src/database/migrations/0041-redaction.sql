-- What of events is redacted before it is stored; no row: nothing is.

create table redaction_settings (
  only_row boolean primary key default true check (only_row),
  -- redactionSchema in contracts/src/redaction.ts
  settings jsonb not null,
  revision integer not null default 1,
  updated_at bigint not null,
  updated_by text not null
);
