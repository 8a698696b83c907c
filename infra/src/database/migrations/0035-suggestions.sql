-- What agents propose and people decide. Times in bigint are epoch milliseconds.

create table suggestions (
  -- A UUIDv7: later ones sort later.
  id text primary key,
  agent_id text not null,
  action text not null,
  reasoning text not null,
  confidence double precision not null check (confidence between 0 and 1),
  task_id text,
  -- What approval does: effectSchema in contracts/src/suggestions.ts; null: nothing but being said.
  effect jsonb,
  status text not null default 'pending' check (status in ('pending', 'approved', 'rejected', 'expired')),
  created_at bigint not null,
  created_by text not null,
  -- Swept: whoever comes later decides nothing any more.
  expires_at bigint not null,
  approved_by text,
  approved_at bigint,
  rejected_by text,
  rejected_at bigint,
  -- What was said with the decision.
  reason text,
  -- Why it was not approved by itself, although it should have been.
  held_back text,
  revision integer not null default 1
);
create index suggestions_by_status on suggestions (status, id desc);
create index suggestions_of_agent on suggestions (agent_id, id desc);
create index suggestions_of_task on suggestions (task_id, id desc) where task_id is not null;
create index suggestions_due on suggestions (expires_at) where status = 'pending';
create index suggestions_decided on suggestions (agent_id, action, id desc) where status = 'approved' and task_id is not null;

-- Which suggestions of an agent are approved by themselves, from which confidence on.
create table suggestion_auto_approvals (
  agent_id text not null,
  action text not null,
  enabled boolean not null,
  threshold double precision not null check (threshold between 0 and 1),
  revision integer not null default 1,
  updated_at bigint not null,
  updated_by text not null,
  primary key (agent_id, action)
);
