import type { AgentLedger } from '@fleetbeat/contracts/api.ts';
import { MAX_AHEAD_MS, MAX_LATENESS_MS } from '@fleetbeat/contracts/events.ts';
import { COLUMN } from '@fleetbeat/infra/time-series/partial.ts';
import { readWindows, type WindowSources } from '@fleetbeat/infra/time-series/read-windows.ts';
import { STORED_SEQ } from '@fleetbeat/infra/time-series/stored-cuts.ts';
import type { ReadQuery } from '../http/read-query.ts';

const DAY = 24 * 3_600_000;
/** Cuts that were stored between two readings make them differ; then all are read again, this often at most. */
const ATTEMPTS = 3;

interface KeptRow {
  registered_messages: number;
  first_seen: number;
  raw_events: number;
  erased_events: number;
  raw_since: number | null;
  differences: number;
}

const KEPT = `
  select a.total_messages as registered_messages, a.first_seen, raw.events as raw_events, raw.erased as erased_events, raw.since as raw_since,
    (select count(*) from ledger_findings f where f.agent_id = a.agent_id and f.resolved_at is null) as differences
  from agents a, lateral (
    select coalesce(sum(b.events), 0)::bigint as events, coalesce(sum(b.erased), 0)::bigint as erased, min(b.min_ts) as since
    from event_blocks b join (select s.id, ${STORED_SEQ} as seq from sources s) stored on stored.id = b.source and b.seq <= stored.seq
    where b.agent_id = a.agent_id
  ) raw
  where a.agent_id = $1`;

/** Counts an agent's events in the registry, among the raw events and in the aggregates, all as far as stored; null for one never seen. */
export function createAgentLedger(query: ReadQuery, sources: WindowSources): (agentId: string) => Promise<AgentLedger | null> {
  const kept = async (agentId: string) => (await query<KeptRow>('ledger.agent', KEPT, [agentId]))[0];

  async function aggregated(agentId: string, firstSeen: number): Promise<{ messages: number; heartbeats: number }> {
    const { byKey } = await readWindows(sources, {
      set: 'agent',
      keys: [agentId],
      from: Math.max(0, firstSeen - MAX_LATENESS_MS),
      to: (sources.now ?? Date.now)() + MAX_AHEAD_MS,
      stepMs: DAY,
      sketches: false,
    });
    const sums = { messages: 0, heartbeats: 0 };
    for (const { values } of byKey.get(agentId)?.values() ?? []) {
      sums.messages += values[COLUMN.events.messages] ?? 0;
      sums.heartbeats += values[COLUMN.events.heartbeats] ?? 0;
    }
    return sums;
  }

  return async (agentId) => {
    let before = await kept(agentId);
    for (let attempt = 1; before !== undefined; attempt++) {
      const { messages, heartbeats } = await aggregated(agentId, before.first_seen);
      const after = await kept(agentId);
      const isSettled = after?.registered_messages === before.registered_messages && after.raw_events === before.raw_events;
      if (after !== undefined && (isSettled || attempt === ATTEMPTS)) {
        const { first_seen: _, ...rest } = after;
        return { agent_id: agentId, ...rest, aggregated_messages: messages, aggregated_heartbeats: heartbeats };
      }
      before = after;
    }
    return null;
  };
}
