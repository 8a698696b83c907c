-- The orders in which tasks are listed, as bff/src/tasks/task-sorts.ts writes them; ids break ties. By name: not worth an index.
create index tasks_by_change on tasks (updated_at, task_id) where deleted_at is null;
create index tasks_by_due_date on tasks (coalesce(due_date, 9007199254740991), task_id) where deleted_at is null;
create index tasks_by_priority on tasks ((case priority when 'high' then 0 when 'medium' then 1 else 2 end), task_id)
  where deleted_at is null;
