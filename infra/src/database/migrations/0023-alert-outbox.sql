-- Transitions of alerts that people are to hear of, each until it has been passed on: written with the transition
-- itself. Times in bigint are epoch milliseconds.

create table alert_outbox (
  alert_id bigint not null,
  seq integer not null,
  at bigint not null,
  primary key (alert_id, seq),
  foreign key (alert_id, seq) references alert_transitions on delete cascade
);

-- Of a rule in shadow: recorded, and nobody is told.
alter table alerts add column shadow boolean not null default false;
