-- What the cuts have counted that are not kept any more, so that totals stay exact: one row a source.
create table pruned_cuts (
  source smallint primary key references sources,
  -- The newest cut that has gone; some before it may be kept.
  through_seq bigint not null,
  -- Every event of cuts that have gone happened before this hour, epoch milliseconds.
  before_hour bigint not null,
  cuts bigint not null,
  aggregated bigint not null,
  duplicate bigint not null,
  dead bigint not null,
  late bigint not null,
  expired bigint not null
);
