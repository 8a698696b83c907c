-- Lists of tasks that stay fast among a million. An order is read status by status, each from its own end of an index, and merged
-- (bff/src/tasks/read-model.ts): so a filter by status never reads past what others have, and no status means all five.

drop index tasks_newest;
drop index tasks_by_change;
drop index tasks_by_due_date;
drop index tasks_by_priority;
-- The orders as bff/src/tasks/task-sorts.ts writes them, beside tasks_by_status, which has them by time of making.
create index tasks_by_status_and_change on tasks (status, updated_at, task_id) where deleted_at is null;
create index tasks_by_status_and_due_date on tasks (status, coalesce(due_date, 9007199254740991), task_id) where deleted_at is null;
create index tasks_by_status_and_priority on tasks
  (status, (case priority when 'high' then 0 when 'medium' then 1 else 2 end), task_id) where deleted_at is null;
create index tasks_by_status_and_name on tasks (status, coalesce(name, ''), task_id) where deleted_at is null;

-- With the status, so that an agent's and a workflow's tasks are counted without reading them.
drop index tasks_by_workflow;
drop index tasks_by_agent;
create index tasks_by_workflow on tasks (workflow_id, created_at, task_id) include (status)
  where deleted_at is null and workflow_id is not null;
create index tasks_by_agent on tasks (agent_id, created_at, task_id) include (status)
  where deleted_at is null and agent_id is not null;

-- What a search reads. Beside the tasks, whose rows are written anew with every step of the work, while their texts stay.
create table task_texts (
  task_id text primary key,
  -- Id, name and description, a line each, in lower case.
  content text not null
);
-- The planner must know rare words from frequent ones.
alter table task_texts alter column content set statistics 500;

create function task_text(tasks) returns text language sql immutable as $$
  select lower($1.task_id || E'\n' || coalesce($1.name, '') || E'\n' || coalesce($1.description, ''))
$$;
create function keep_task_text() returns trigger language plpgsql as $$
begin
  if new.deleted_at is not null then
    delete from task_texts where task_id = new.task_id;
  else
    insert into task_texts (task_id, content) values (new.task_id, task_text(new))
      on conflict (task_id) do update set content = excluded.content;
  end if;
  return null;
end
$$;
insert into task_texts select task_id, task_text(tasks) from tasks where deleted_at is null;
create trigger tasks_keep_text_of_new after insert on tasks for each row execute function keep_task_text();
create trigger tasks_keep_text_of_changed after update on tasks for each row
  when (new.name is distinct from old.name or new.description is distinct from old.description
        or new.deleted_at is distinct from old.deleted_at)
  execute function keep_task_text();

-- Comes with Postgres and may be made by whoever may create in the database. Where it cannot be had, a search reads every text.
do $$
begin
  create extension if not exists pg_trgm;
  create index task_texts_by_part on task_texts using gin (content gin_trgm_ops);
exception
  when insufficient_privilege or feature_not_supported or undefined_file or undefined_object then
    raise warning 'searching tasks will be slow: %', sqlerrm;
end
$$;
