import type { Database } from '@fleetbeat/infra/database/database.ts';

/** Agents archived by one statement. */
const AT_ONCE = 1_000;

/**
 * Archives agents that have been silent for longer than `silentMs`, by the clock of their own log: where that stands still,
 * nobody is silent. Answers how many.
 */
export async function archiveSilentAgents(database: Database, silentMs: number): Promise<number> {
  let archived = 0;
  for (;;) {
    const { rowCount } = await database.query(
      `with silent as (
         select a.agent_id, s.clock_ms from agents a join sources s on s.id = a.source
         where a.archived_at is null and a.last_seen < s.clock_ms - $1
         order by a.agent_id limit $2 for update of a skip locked
       ), archived as (
         update agents a set archived_at = silent.clock_ms from silent where a.agent_id = silent.agent_id
         returning a.agent_id, a.archived_at
       )
       insert into audit_logs (entity_type, entity_id, action, actor_id, actor_type, changes)
       select 'agent', agent_id, 'updated', 'silence', 'system',
              jsonb_build_object('archived_at', jsonb_build_object('before', null, 'after', archived_at))
       from archived`,
      [silentMs, AT_ONCE],
    );
    archived += rowCount ?? 0;
    if ((rowCount ?? 0) < AT_ONCE) return archived;
  }
}
