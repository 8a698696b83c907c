-- Workflows, what tasks wait for, and who works on them. Times in bigint are epoch milliseconds.

alter table tasks
  -- Tasks of the same workflow that must be completed first, and how many of them are not.
  add column depends_on text[] not null default '{}',
  add column waiting_for integer not null default 0,
  -- What an agent must be able to do.
  add column capabilities text[] not null default '{}',
  add column max_attempts integer not null default 3,
  add column timeout_seconds integer,
  -- How often agents have taken it since it was last opened, and before when none may take it again.
  add column claims integer not null default 0,
  add column not_before bigint,
  -- When it last went from completed back to the board.
  add column reopened_at bigint;
create index tasks_by_dependency on tasks using gin (depends_on) with (fastupdate = off) where depends_on <> '{}';
-- In the order in which they are given out.
create index tasks_ready on tasks ((case priority when 'high' then 0 when 'medium' then 1 else 2 end),
  coalesce(due_date, 9007199254740991), created_at, task_id)
  where deleted_at is null and status = 'pending' and waiting_for = 0;

create table workflow_templates (
  template_id text primary key,
  name text not null,
  description text,
  -- plannedTaskSchema in contracts/src/workflows.ts
  tasks jsonb not null,
  created_at bigint not null,
  created_by text not null,
  updated_at bigint not null,
  revision bigint not null default 1,
  deleted_at bigint
);
create index workflow_templates_newest on workflow_templates (created_at, template_id) where deleted_at is null;

-- One row for every workflow that was made, or that a task has named.
create table workflows (
  workflow_id text primary key,
  name text not null,
  description text,
  template_id text references workflow_templates,
  created_at bigint not null,
  -- Null where a task's event named it first.
  created_by text,
  started_at bigint,
  -- When its tasks last changed in number or status.
  changed_at bigint not null,
  cancelled_at bigint,
  deleted_at bigint,
  revision bigint not null default 1,
  -- Its tasks by status. Those that wait for others are counted under waiting.
  pending integer not null default 0,
  waiting integer not null default 0,
  in_progress integer not null default 0,
  completed integer not null default 0,
  failed integer not null default 0,
  cancelled integer not null default 0,
  status text not null generated always as (case
    when cancelled_at is not null then 'cancelled'
    when in_progress + pending > 0 or completed + failed + cancelled + waiting = 0 then 'running'
    -- What still waits, waits for what will not be completed.
    when failed + waiting > 0 then 'failed'
    when completed > 0 then 'completed'
    else 'cancelled' end) stored
);
create index workflows_newest on workflows (created_at, workflow_id) where deleted_at is null;
create index workflows_by_status on workflows (status, created_at, workflow_id) where deleted_at is null;
create index workflows_by_template on workflows (template_id, created_at, workflow_id) where deleted_at is null;

insert into workflows (workflow_id, name, created_at, started_at, changed_at,
                       pending, in_progress, completed, failed, cancelled)
  select workflow_id, left(workflow_id, 256), min(created_at), min(started_at), max(updated_at),
         count(*) filter (where status = 'pending'), count(*) filter (where status = 'in_progress'),
         count(*) filter (where status = 'completed'), count(*) filter (where status = 'failed'),
         count(*) filter (where status = 'cancelled')
  from tasks where workflow_id is not null and deleted_at is null group by workflow_id;

-- Who holds a task and who has held it. A row changes only under the lock of its task's row.
create table task_leases (
  token text primary key,
  task_id text not null references tasks,
  agent_id text not null,
  attempt integer not null,
  -- The task was meant for this agent before, and stays so when it is returned.
  assigned boolean not null,
  claimed_at bigint not null,
  lease_ms integer not null,
  expires_at bigint not null,
  -- When the attempt has taken too long, however alive the agent is.
  deadline bigint,
  ended_at bigint,
  -- LEASE_OUTCOMES in contracts/src/task-leases.ts
  outcome text,
  error text
);
-- Nobody else holds it.
create unique index task_leases_held on task_leases (task_id) where ended_at is null;
create index task_leases_due on task_leases (least(expires_at, deadline)) where ended_at is null;
create index task_leases_of_agent on task_leases (agent_id) where ended_at is null;
create index task_leases_of_task on task_leases (task_id, claimed_at);
