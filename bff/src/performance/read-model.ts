import type { Performance } from '@fleetbeat/contracts/api.ts';
import type { Labels } from '../http/label-fields.ts';
import type { ReadQuery } from '../http/read-query.ts';
import type { RecentHosts } from '../windows/gauge-means.ts';

type Latest = Performance['latest'];

/** Means over the hosts that are online, of their newest samples; `uptime` is the longest. */
export function createLatestPerformance(query: ReadQuery, offlineMs: number): (labels: Labels | null) => Promise<Latest> {
  return async (labels) => {
    const [row] = await query<Latest>(
      'performance.latest',
      `select avg((h.sample->>'cpu_usage')::float8) as cpu_usage, avg((h.sample->>'memory_usage')::float8) as memory_usage,
         avg((h.sample->>'disk_usage')::float8) as disk_usage, max((h.sample->>'uptime')::float8) as uptime, count(*) as hosts
       from hosts h left join sources s on s.id = h.source
       where coalesce(s.clock_ms, 0) - h.last_seen <= $1 and h.labels @> $2::jsonb`,
      [offlineMs, JSON.stringify(labels ?? {})],
    );
    return row ?? { cpu_usage: null, memory_usage: null, disk_usage: null, uptime: null, hosts: 0 };
  };
}

export function createRecentHosts(query: ReadQuery): RecentHosts {
  return async (since, limit, labels) => {
    const rows = await query<{ host_id: string }>(
      'performance.hosts',
      'select host_id from hosts where last_seen >= $1 and labels @> $3::jsonb order by last_seen desc, host_id limit $2',
      [since, limit, JSON.stringify(labels ?? {})],
    );
    return rows.map((row) => row.host_id);
  };
}
