import type { Database } from '@fleetbeat/infra/database/database.ts';

/** Agents or hosts that one rule looks at, at most. */
const MAX_MEMBERS = 20_000;
/** Whoever was silent for longer, by the log's clock, has been taken away: nobody waits for them. In milliseconds. */
export const FORGOTTEN_AFTER_MS = 24 * 3_600_000;

const TABLES = { agent: { name: 'agents', id: 'agent_id' }, host: { name: 'hosts', id: 'host_id' } } as const;

export interface Member {
  readonly key: string;
  readonly source: number;
  readonly lastSeen: number;
}

export interface Choice {
  readonly set: 'agent' | 'host';
  readonly keys?: readonly string[] | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** The agents or hosts that have these keys or labels and were seen within a day, the last seen first. */
export async function readMembers(database: Database, { set, keys, labels }: Choice): Promise<Member[]> {
  const { name, id } = TABLES[set];
  const { rows } = await database.query<Member>(
    `select m.${id} as key, m.source, m.last_seen as "lastSeen" from ${name} m join sources s on s.id = m.source
     where m.last_seen > s.clock_ms - $1 and ($2::text[] is null or m.${id} = any($2)) and m.labels @> $3::jsonb
     order by m.last_seen desc limit $4`,
    [FORGOTTEN_AFTER_MS, keys ?? null, JSON.stringify(labels ?? {}), MAX_MEMBERS],
  );
  return rows;
}
