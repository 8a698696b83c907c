-- What people and agents say about tasks, suggestions and incidents. Times in bigint are epoch milliseconds.

create table comments (
  id bigint generated always as identity primary key,
  entity_type text not null check (entity_type in ('task', 'suggestion', 'incident')),
  entity_id text not null,
  author_type text not null check (author_type in ('human', 'agent')),
  -- A user, a session, a key or an agent.
  author_id text not null,
  author_name text not null,
  text text not null,
  -- [{"user_id": …, "text": what stands after the @}]
  mentions jsonb not null default '[]',
  created_at bigint not null,
  edited_at bigint,
  revision integer not null default 1,
  timeline_id bigint
);
create index comments_of_entity on comments (entity_type, entity_id, id);

-- An incident's timeline only marks where something was said.
alter table incident_timeline add column comment_id bigint references comments on delete cascade;
insert into comments (entity_type, entity_id, author_type, author_id, author_name, text, created_at, timeline_id)
  select 'incident', incident_id::text, 'human', coalesce(actor, ''), coalesce(actor, ''), text, at, id
  from incident_timeline where kind = 'commented' order by id;
update incident_timeline t set comment_id = c.id, text = '' from comments c where c.timeline_id = t.id;
alter table comments drop column timeline_id;
create index incident_timeline_of_comment on incident_timeline (comment_id) where comment_id is not null;

-- Whom a notification is for; null: everybody.
alter table notifications add column recipient text;
create index notifications_of_recipient on notifications (recipient, id desc) where recipient is not null;

-- What was said about something goes with it.
create function forget_comments() returns trigger language plpgsql as $$
begin
  delete from comments where entity_type = tg_argv[0] and entity_id = to_jsonb(old) ->> tg_argv[1];
  return null;
end
$$;
create trigger tasks_forget_comments after update of deleted_at on tasks
  for each row when (old.deleted_at is null and new.deleted_at is not null) execute function forget_comments('task', 'task_id');
create trigger incidents_forget_comments after delete on incidents
  for each row execute function forget_comments('incident', 'id');
create trigger suggestions_forget_comments after delete on suggestions
  for each row execute function forget_comments('suggestion', 'id');
