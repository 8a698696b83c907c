-- What alerts are put down to, and every version of a rule. Times in bigint are epoch milliseconds.

alter table alerts
  -- The alert that this one follows from: nobody is told of what follows. No reference: that one may expire first.
  add column inhibited_by bigint,
  -- diagnosisSchema and taskAtRiskSchema in contracts/src/alerts.ts, as it was when the alert began to fire.
  add column diagnosis jsonb,
  add column tasks_at_risk jsonb not null default '[]';
create index alerts_of_key on alerts (key, id desc);

create table alert_rule_versions (
  rule_id text not null references alert_rules on delete cascade,
  version integer not null,
  definition jsonb not null,
  changed_at timestamptz not null,
  changed_by text not null,
  primary key (rule_id, version)
);

-- Whoever writes a rule, no version is forgotten.
create function keep_rule_version() returns trigger language plpgsql as $$
begin
  insert into alert_rule_versions (rule_id, version, definition, changed_at, changed_by)
  values (new.id, new.version, new.definition, new.updated_at, new.updated_by)
  on conflict do nothing;
  return null;
end
$$;
create trigger alert_rules_versions after insert or update on alert_rules for each row execute function keep_rule_version();

-- Members that definitions have had no defaults for until now; every rule has its first version by this.
update alert_rules set definition =
  case definition ->> 'kind' when 'threshold' then '{"per_second": false, "shadow": false}' else '{"shadow": false}' end::jsonb
  || definition;
