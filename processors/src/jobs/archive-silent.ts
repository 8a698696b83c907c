import type { Database } from '@fleetbeat/infra/database/database.ts';

/** Agents or hosts archived by one statement. */
const AT_ONCE = 1_000;

const TABLES = { agent: 'agents', host: 'hosts' } as const;

/**
 * Archives the agents, or hosts, that have been silent for longer than `silentMs`, by the clock of their own log: where that
 * stands still, nobody is silent. Answers how many.
 */
export async function archiveSilent(database: Database, type: keyof typeof TABLES, silentMs: number): Promise<number> {
  const [table, id] = [TABLES[type], `${type}_id`];
  let archived = 0;
  for (;;) {
    const { rowCount } = await database.query(
      `with silent as (
         select a.${id}, s.clock_ms from ${table} a join sources s on s.id = a.source
         where a.archived_at is null and a.last_seen < s.clock_ms - $1
         order by a.${id} limit $2 for update of a skip locked
       ), archived as (
         update ${table} a set archived_at = silent.clock_ms from silent where a.${id} = silent.${id}
         returning a.${id}, a.archived_at
       )
       insert into audit_logs (entity_type, entity_id, action, actor_id, actor_type, changes)
       select '${type}', ${id}, 'updated', 'silence', 'system',
              jsonb_build_object('archived_at', jsonb_build_object('before', null, 'after', archived_at))
       from archived`,
      [silentMs, AT_ONCE],
    );
    archived += rowCount ?? 0;
    if ((rowCount ?? 0) < AT_ONCE) return archived;
  }
}
