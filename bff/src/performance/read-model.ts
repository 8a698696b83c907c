import type { Performance } from '@fleetbeat/contracts/api.ts';
import type { ReadQuery } from '../http/read-query.ts';

type Latest = Performance['latest'];

/** Means over the hosts that are online, of their newest samples; `uptime` is the longest. */
export function createLatestPerformance(query: ReadQuery, offlineMs: number): () => Promise<Latest> {
  return async () => {
    const [row] = await query<Latest>(
      'performance.latest',
      `select avg((h.sample->>'cpu_usage')::float8) as cpu_usage, avg((h.sample->>'memory_usage')::float8) as memory_usage,
         avg((h.sample->>'disk_usage')::float8) as disk_usage, max((h.sample->>'uptime')::float8) as uptime, count(*) as hosts
       from hosts h left join sources s on s.id = h.source
       where coalesce(s.clock_ms, 0) - h.last_seen <= $1`,
      [offlineMs],
    );
    return row ?? { cpu_usage: null, memory_usage: null, disk_usage: null, uptime: null, hosts: 0 };
  };
}

/** Ids of the hosts seen since `since` (epoch milliseconds), at most `limit`, the last seen first. */
export function createRecentHosts(query: ReadQuery): (since: number, limit: number) => Promise<string[]> {
  return async (since, limit) => {
    const rows = await query<{ host_id: string }>(
      'performance.hosts',
      'select host_id from hosts where last_seen >= $1 order by last_seen desc, host_id limit $2',
      [since, limit],
    );
    return rows.map((row) => row.host_id);
  };
}
