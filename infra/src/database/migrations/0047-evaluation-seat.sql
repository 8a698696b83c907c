-- Which process evaluates rules, and until when nobody else may.

create table alert_evaluator (
  id smallint primary key default 1 check (id = 1),
  owner text not null,
  until timestamptz not null
);
