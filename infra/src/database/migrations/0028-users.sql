-- People with an account. better-auth reads and writes the first five tables by names that bff/src/users/auth.ts
-- maps; the columns role and disabled_at are ours alone.
create table users (
  id text primary key,
  name text not null,
  email text not null unique check (email = lower(email)),
  email_verified boolean not null default false,
  image text,
  role text not null default 'viewer' check (role in ('viewer', 'operator', 'admin')),
  disabled_at timestamptz,
  two_factor_enabled boolean not null default false,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);

-- Sessions of accounts; those of sign-in links are in `sessions`.
create table user_sessions (
  id text primary key,
  token text not null unique,
  user_id text not null references users on delete cascade,
  ip_address text,
  user_agent text,
  expires_at timestamptz not null,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);
create index user_sessions_of on user_sessions (user_id);
create index user_sessions_expired on user_sessions (expires_at);

-- How somebody proves who they are: `credential` with the hash of a password, or an identity provider's subject.
create table user_accounts (
  id text primary key,
  user_id text not null references users on delete cascade,
  provider_id text not null,
  account_id text not null,
  password text,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  unique (provider_id, account_id)
);
create index user_accounts_of on user_accounts (user_id);

-- Sign-ins that are under way: second factors asked for, states of identity providers.
create table user_verifications (
  id text primary key,
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);
create index user_verifications_by on user_verifications (identifier);
create index user_verifications_expired on user_verifications (expires_at);

create table user_second_factors (
  id text primary key,
  user_id text not null references users on delete cascade,
  secret text not null,
  backup_codes text not null,
  verified boolean not null default true,
  failed_verification_count integer not null default 0,
  locked_until timestamptz
);
create index user_second_factors_of on user_second_factors (user_id);

-- One-time links by which somebody sets a password: an invitation names who they will be, a reset who they are.
create table password_links (
  hash bytea primary key,
  user_id text references users on delete cascade,
  email text not null,
  name text not null,
  role text not null check (role in ('viewer', 'operator', 'admin')),
  created_by text not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);
create index password_links_expired on password_links (expires_at);

-- What is shown of a key, when it was last used, and the key that a rotation replaced, which goes on for a while.
alter table api_keys
  add column prefix text not null default '',
  add column last_used_at timestamptz,
  add column previous_hash bytea unique,
  add column previous_expires_at timestamptz;
