-- What somebody wants to see of what is told in the dashboard; nobody here: all of it.
create table notification_preferences (
  -- A user, a key, or the name that somebody signed in by a link goes by.
  owner text primary key,
  -- preferencesSchema in contracts/src/notification-preferences.ts
  preferences jsonb not null,
  updated_at timestamptz not null default clock_timestamp()
);
