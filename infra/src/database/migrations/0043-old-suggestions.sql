-- Suggestions are dropped long after they were decided.

create index suggestions_old on suggestions (coalesce(approved_at, rejected_at, expires_at)) where status <> 'pending';
