-- Every task event, those that tell of progress alone included: what the ledger compares.

alter table task_partials add column events bigint not null default 0;
