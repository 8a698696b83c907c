-- Who may do what: API keys, one-time sign-in links and sessions. Only hashes (SHA-256) of secrets are stored.

create table api_keys (
  id text primary key,
  name text not null,
  hash bytea not null unique,
  scopes text[] not null,
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  expires_at timestamptz,
  revoked_at timestamptz
);

create table login_tokens (
  hash bytea primary key,
  name text not null,
  scopes text[] not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index login_tokens_expired on login_tokens (expires_at);

create table sessions (
  -- Shown in lists and logs; the cookie's token is another random value.
  id text primary key,
  hash bytea not null unique,
  name text not null,
  scopes text[] not null,
  user_agent text,
  created_at timestamptz not null default clock_timestamp(),
  last_seen_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);
create index sessions_expired on sessions (expires_at);
