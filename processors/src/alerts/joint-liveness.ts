import type { Rule, RuleOf } from '@fleetbeat/contracts/rules.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import { diagnose, type HostSight, type Verdict } from './diagnose.ts';
import { readHostsOf, type HostOfAgent } from './registry.ts';
import type { SourceClock } from './source-clocks.ts';

/** Agents and hosts looked at together. */

/** A rule that tells people when hosts are offline. */
export interface HostWatch {
  readonly ruleId: string;
  readonly rule: RuleOf<'liveness'>;
}

export function isHostWatch(rule: Rule | undefined): rule is RuleOf<'liveness'> {
  return rule?.kind === 'liveness' && rule.watch.set === 'host' && rule.enabled && !rule.shadow;
}

interface JointSight {
  readonly database: Database;
  readonly at: number;
  readonly clocks: ReadonlyMap<number, SourceClock>;
  readonly silentMs: Readonly<Record<'agent' | 'host', number>>;
  readonly hostWatches: readonly HostWatch[];
}

/** What to make of each of these silent agents, from how their hosts are. */
export async function judgeSilent(sight: JointSight, agents: readonly string[]): Promise<Map<string, Verdict>> {
  if (agents.length === 0) return new Map();
  const hosts = new Map((await readHostsOf(sight.database, agents)).map((host) => [host.agent, host]));
  const hostIds = [...new Set([...hosts.values()].map(({ hostId }) => hostId))];
  const watched = await readWatched(sight, hostIds);
  return new Map(
    agents.map((agent) => {
      const host = hosts.get(agent);
      return [
        agent,
        diagnose(host === undefined ? undefined : sightOf(sight, host, watched.get(host.hostId)), sight.silentMs.agent),
      ];
    }),
  );
}

function sightOf(sight: JointSight, { hostId, source, lastSeen }: HostOfAgent, watched: Watched | undefined): HostSight {
  const clock = source === null ? undefined : sight.clocks.get(source);
  const known = clock !== undefined && lastSeen !== null && !clock.lagging;
  const alert = watched?.id === null || watched?.state === null ? undefined : watched;
  return {
    hostId,
    silentMs: known ? Math.max(0, clock.clock - lastSeen) : undefined,
    offlineAfterMs: watched?.offlineAfterMs ?? sight.silentMs.host,
    watched: watched !== undefined,
    alert:
      alert === undefined
        ? undefined
        : alert.state === 'resolved'
          ? { id: alert.id, state: alert.state, agoMs: sight.at - (alert.resolvedAt ?? 0) }
          : { id: alert.id, state: alert.state },
  };
}

interface WatchedAlert {
  readonly id: number;
  readonly state: 'pending' | 'firing' | 'resolved';
  readonly resolvedAt: number | null;
}
type Watched = (WatchedAlert | { readonly id: null; readonly state: null }) & { readonly offlineAfterMs: number };

/** Of the hosts that any of the rules watches: its newest alert, if there is one. */
async function readWatched(
  { database, hostWatches, silentMs }: JointSight,
  hostIds: readonly string[],
): Promise<Map<string, Watched>> {
  const watched = new Map<string, Watched>();
  for (const { ruleId, rule } of hostWatches) {
    const { keys, labels, without_labels: without } = rule.watch;
    const { rows } = await database.query<{ host: string } & (WatchedAlert | { id: null; state: null })>(
      `select h.host_id as host, a.id, a.state, a.resolved_at as "resolvedAt" from hosts h
       left join lateral (
         select id, state, resolved_at from alerts where key = h.host_id and rule_id = $2 and not shadow order by id desc limit 1
       ) a on true
       where h.host_id = any($1) and h.archived_at is null and ($3::text[] is null or h.host_id = any($3)) and h.labels @> $4::jsonb
         and not exists (select from jsonb_each_text($5::jsonb) without where h.labels ->> without.key = without.value)`,
      [hostIds, ruleId, keys ?? null, JSON.stringify(labels ?? {}), JSON.stringify(without ?? {})],
    );
    const offlineAfterMs = rule.silent_s === undefined ? silentMs.host : rule.silent_s * 1_000;
    for (const { host, ...row } of rows) {
      // Of several rules that watch a host, one that fires explains more.
      if (watched.get(host)?.state !== 'firing') watched.set(host, { ...row, offlineAfterMs });
    }
  }
  return watched;
}
