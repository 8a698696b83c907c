-- A 1 m row whose events are all of one 10 s window stands for the 10 s row too, which is not written then.

-- Where in the minute that window begins, in seconds; null where there are 10 s rows, or the row is of another tier.
alter table event_partials add column sole_s smallint;
alter table gauge_partials add column sole_s smallint;
alter table task_partials add column sole_s smallint;

alter table cuts
  -- Which rows a cut writes, as whoever claimed it has decided: 0, a 10 s and a 1 m row of everything; 1, one row where it stands for both.
  add column layout smallint not null default 0;
