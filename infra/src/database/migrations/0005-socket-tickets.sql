-- Tickets that open one socket each, for clients that can send neither a header nor a cookie with it.

create table socket_tickets (
  hash bytea primary key,
  caller_id text not null,
  name text not null,
  scopes text[] not null,
  expires_at timestamptz not null
);
