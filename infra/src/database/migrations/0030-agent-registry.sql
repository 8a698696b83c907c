-- What people say about agents, next to what agents say themselves. Times in bigint are epoch milliseconds.

alter table agents
  -- What people call it; null: as it calls itself.
  add column given_name text,
  add column tags text[] not null default '{}',
  add column notes text,
  -- It is given no tasks.
  add column paused boolean not null default false,
  -- Nobody waits for it any more. It comes back when it speaks.
  add column archived_at bigint;
create index agents_silent on agents (last_seen) where archived_at is null;

-- Tasks that an agent has completed or failed, as they stand now. A table of its own: the rows of agents are
-- locked by cuts, and who completes a task must not wait for those.
create table agent_task_totals (
  agent_id text primary key,
  total_tasks bigint not null,
  failed_tasks bigint not null
);
insert into agent_task_totals
  select agent_id, count(*), count(*) filter (where status = 'failed') from tasks
  where agent_id is not null and deleted_at is null and status in ('completed', 'failed')
  group by agent_id;
