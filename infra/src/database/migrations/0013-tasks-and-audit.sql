-- Tasks that people change through the API, and the record of who changed what.

alter table tasks
  -- Who made it through the API; null where an agent's event made it.
  add column created_by text,
  -- Grows with every write: what a reader has seen, for If-Match.
  add column revision bigint not null default 1,
  -- Epoch milliseconds. The row of a deleted task stays, so that late events do not bring it back.
  add column deleted_at bigint,
  -- As exact as the events: ties between changes are broken by value.
  alter column progress type double precision using progress::text::double precision;

drop index tasks_by_status;
drop index tasks_by_workflow;
create index tasks_newest on tasks (created_at, task_id) where deleted_at is null;
create index tasks_by_status on tasks (status, created_at, task_id) where deleted_at is null;
create index tasks_by_workflow on tasks (workflow_id, created_at, task_id) where deleted_at is null and workflow_id is not null;
create index tasks_by_agent on tasks (agent_id, created_at, task_id) where deleted_at is null and agent_id is not null;

create table audit_logs (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  entity_type text not null,
  entity_id text not null,
  action text not null,
  actor_id text not null,
  actor_type text not null,
  -- Of each field that changed: {"<field>": {"before": …, "after": …}}.
  changes jsonb not null,
  request_id text
);
create index audit_logs_of_entity on audit_logs (entity_type, entity_id, id);
create index audit_logs_of_actor on audit_logs (actor_id, id);
create index audit_logs_by_time on audit_logs (at);

create function refuse_change_of_audit_log() returns trigger language plpgsql as $$
begin
  raise exception 'audit_logs only grows: % is refused', lower(tg_op) using errcode = 'insufficient_privilege';
end
$$;
create trigger audit_logs_only_grow before update or delete or truncate on audit_logs
  for each statement execute function refuse_change_of_audit_log();

-- What was answered to requests that named an Idempotency-Key, by whoever sent them.
create table idempotency_keys (
  caller_id text not null,
  key text not null,
  -- Of the method, path and body that came with the key.
  request_hash bytea not null,
  answer jsonb,
  created_at timestamptz not null default clock_timestamp(),
  primary key (caller_id, key)
);
create index idempotency_keys_expired on idempotency_keys (created_at);
