import type { AuditEntry } from '@fleetbeat/contracts/audit.ts';
import type { ReadQuery } from '../http/read-query.ts';

type Thing = Pick<AuditEntry, 'entity_type' | 'entity_id'>;
type Named = Pick<AuditEntry, 'entity_name' | 'entity_exists'>;

interface NamedRow extends Thing, Named {}

/**
 * What people call each kind of thing, and where: of the row `asked`, `id` is the id as the log has it, `number` the same where it
 * is one. Kinds that are not there have no name but their id.
 */
const NAMES: Readonly<Record<string, string>> = {
  agent: `select coalesce(given_name, name) as name from agents where agent_id = asked.id`,
  host: `select hostname from hosts where host_id = asked.id`,
  alert: `select concat(r.definition ->> 'name', ': ', a.key) from alerts a join alert_rules r on r.id = a.rule_id where a.id = asked.number`,
  annotation: `select text from annotations where id = asked.number`,
  channel: `select name from channels where id = asked.id`,
  comment: `select text from comments where id = asked.number`,
  dashboard: `select name from visualizations where id = asked.id`,
  delivery: `select notice ->> 'title' from deliveries where id = asked.number`,
  escalation: definition('escalation', 'name'),
  incident: `select title from incidents where id = asked.number`,
  inhibition: definition('inhibition', 'name'),
  invitation: `select name from password_links where user_id is null and email = asked.id`,
  key: `select name from api_keys where id = asked.id`,
  notification_preferences: `select name from users where id = asked.id`,
  report_schedule: `select v.name from report_schedules s join visualizations v on v.id = s.dashboard_id where s.id = asked.id`,
  route: definition('route', 'name'),
  rule: `select definition ->> 'name' from alert_rules where id = asked.id and deleted_at is null`,
  schedule: definition('schedule', 'name'),
  silence: definition('silence', 'comment'),
  suggestion: `select action from suggestions where id = asked.id`,
  task: `select name from tasks where task_id = asked.id and deleted_at is null`,
  user: `select name from users where id = asked.id`,
  workflow: `select name from workflows where workflow_id = asked.id and deleted_at is null`,
  workflow_template: `select name from workflow_templates where template_id = asked.id and deleted_at is null`,
};
/** Fields whose values are names, as changes record them. */
const RECORDED = ['name', 'title', 'text', 'comment', 'action'];
/** Newest changes of a thing that are looked through for its name. */
const LOOKED_THROUGH = 20;
const LONGEST = 120;

function definition(kind: string, field: string): string {
  return `select definition ->> '${field}' from alerting_definitions where kind = '${kind}' and id = asked.id`;
}

const recorded = ['after', 'before'].flatMap((side) => RECORDED.map((field) => `changes -> '${field}' ->> '${side}'`));

const NAMED = `
  with asked as (
    select type, id, case when id ~ '^[0-9]{1,18}$' then id::bigint end as number from unnest($1::text[], $2::text[]) as a (type, id)
  )
  select asked.type as entity_type, asked.id as entity_id, there.found is not null as entity_exists,
    left(coalesce(there.name, recorded.name), ${LONGEST}) as entity_name
  from asked
  left join lateral (
    ${Object.entries(NAMES)
      .map(([type, sql]) => `select of_${type}.*, true from (${sql}) as of_${type} (name) where asked.type = '${type}'`)
      .join(' union all ')}
    limit 1
  ) there (name, found) on true
  left join lateral (
    select coalesce(${recorded.join(', ')}) as name from (
      select id, changes from audit_logs where entity_type = asked.type and entity_id = asked.id order by id desc limit ${LOOKED_THROUGH}
    ) newest
    where there.found is null and coalesce(${recorded.join(', ')}) is not null
    order by newest.id desc limit 1
  ) recorded on true`;

/**
 * Says of each entry what people call the thing that was changed: as it is called now, else as the newest of its changes have it;
 * and whether it is still there. One query, whatever the entries are about.
 */
export async function nameThings<Entry extends Thing>(query: ReadQuery, entries: readonly Entry[]): Promise<(Entry & Named)[]> {
  if (entries.length === 0) return [];
  const keyOf = ({ entity_type: type, entity_id: id }: Thing) => JSON.stringify([type, id]);
  const things = [...new Map(entries.map((entry) => [keyOf(entry), entry])).values()];
  const rows = await query<NamedRow>('audit.names', NAMED, [
    things.map((thing) => thing.entity_type),
    things.map((thing) => thing.entity_id),
  ]);
  const named = new Map(rows.map((row) => [keyOf(row), row]));
  return entries.map((entry) => {
    const { entity_name = null, entity_exists = false } = named.get(keyOf(entry)) ?? {};
    return { ...entry, entity_name, entity_exists };
  });
}
