import * as z from 'zod';
import type { Host, List } from '@fleetbeat/contracts/api.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import type { Labels } from '../http/label-fields.ts';
import { containsPattern, type ReadQuery } from '../http/read-query.ts';

export interface HostFilter {
  status?: 'online' | 'offline' | undefined;
  q?: string | undefined;
  labels: Labels | null;
  archived: boolean;
  limit: number;
  cursor?: string | undefined;
}

interface HostRow {
  host_id: string;
  hostname: string | null;
  platform: string | null;
  cores: number | null;
  labels: Record<string, string>;
  status: 'online' | 'offline';
  first_seen: number;
  last_seen: number;
  agents: number;
  archived_at: number | null;
  sample: Record<string, unknown>;
}

const HOSTS = `
  select h.host_id, h.hostname, h.platform, h.cores, h.labels, h.first_seen, h.last_seen, h.archived_at, h.sample,
    case when coalesce(s.clock_ms, 0) - h.last_seen > $1 then 'offline' else 'online' end as status
  from hosts h left join sources s on s.id = h.source`;
const AGENTS = `(select count(*) from agents a where a.host_id = host.host_id)`;

const POSITION = z.tuple([z.string()]);

export interface HostsReadModel {
  list(filter: HostFilter): Promise<List<Host>>;
  find(hostId: string): Promise<Host | null>;
  exists(hostId: string): Promise<boolean>;
}

/** Reads hosts by their id. A host that was silent for longer than `offlineMs` is offline. */
export function createHostsReadModel(query: ReadQuery, offlineMs: number): HostsReadModel {
  return {
    async list(filter) {
      const values: unknown[] = [offlineMs];
      const place = (value: unknown) => `$${values.push(value)}`;
      const conditions = [`h.archived_at is ${filter.archived ? 'not null' : 'null'}`];
      if (filter.q !== undefined) {
        const pattern = place(containsPattern(filter.q));
        conditions.push(`(h.host_id ilike ${pattern} or h.hostname ilike ${pattern})`);
      }
      if (filter.labels !== null) conditions.push(`h.labels @> ${place(JSON.stringify(filter.labels))}::jsonb`);
      if (filter.cursor !== undefined) conditions.push(`h.host_id > ${place(decodeCursor(filter.cursor, POSITION)[0])}`);
      const status = filter.status === undefined ? 'true' : `host.status = ${place(filter.status)}`;
      const rows = await query<HostRow>(
        'hosts.list',
        `select host.*, ${AGENTS} as agents from (${HOSTS} where ${conditions.join(' and ')}) host where ${status}
         order by host.host_id limit ${place(filter.limit + 1)}`,
        values,
      );
      return pageOf(rows, filter.limit, hostOf, (row) => [row.host_id]);
    },

    async find(hostId) {
      const [row] = await query<HostRow>(
        'hosts.find',
        `select host.*, ${AGENTS} as agents from (${HOSTS} where h.host_id = $2) host`,
        [offlineMs, hostId],
      );
      return row === undefined ? null : hostOf(row);
    },

    async exists(hostId) {
      const rows = await query('hosts.exists', 'select 1 from hosts where host_id = $1', [hostId]);
      return rows.length > 0;
    },
  };
}

function hostOf(row: HostRow): Host {
  const gauge = (name: string) => (typeof row.sample[name] === 'number' ? row.sample[name] : 0);
  return {
    ...row,
    cpu_usage: gauge('cpu_usage'),
    memory_usage: gauge('memory_usage'),
    disk_usage: gauge('disk_usage'),
    uptime: gauge('uptime'),
  };
}
