import { MAX_TASKS_AT_RISK, type TaskAtRisk } from '@fleetbeat/contracts/alerts.ts';
import type { Rule } from '@fleetbeat/contracts/rules.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';

/** What the database knows of agents, hosts and tasks, as rules ask for it. */

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

export type Choice = Pick<Rule['watch'], 'keys' | 'labels' | 'without_labels'> & { readonly set: 'agent' | 'host' };

/** The conditions of a choice on the table `m`; its values are $2 to $4. */
const CHOSEN = (id: string) => `($2::text[] is null or m.${id} = any($2)) and m.labels @> $3::jsonb
  and not exists (select from jsonb_each_text($4::jsonb) without where m.labels ->> without.key = without.value)`;

function valuesOf({ keys, labels, without_labels: without }: Choice): unknown[] {
  return [keys ?? null, JSON.stringify(labels ?? {}), JSON.stringify(without ?? {})];
}

/** The agents or hosts that have these keys or labels and were seen within a day, the last seen first. */
export async function readMembers(database: Database, choice: Choice): Promise<Member[]> {
  const { name, id } = TABLES[choice.set];
  const { rows } = await database.query<Member>(
    `select m.${id} as key, m.source, m.last_seen as "lastSeen" from ${name} m join sources s on s.id = m.source
     where m.last_seen > s.clock_ms - $1 and ${CHOSEN(id)} order by m.last_seen desc limit $5`,
    [FORGOTTEN_AFTER_MS, ...valuesOf(choice), MAX_MEMBERS],
  );
  return rows;
}

/**
 * The agents or hosts of a choice that have been silent for longer than `silentMs`, by what their sources were read up to, and
 * those named in `also`, whatever they do. Of a large fleet most are heard from, and are not read. `heartbeatsOnly` is for
 * agents: those that have never sent a heartbeat are left out.
 */
export async function readSilent(
  database: Database,
  choice: Choice,
  silentMs: number,
  also: readonly string[],
  heartbeatsOnly: boolean,
): Promise<Member[]> {
  const { name, id } = TABLES[choice.set];
  const promising = heartbeatsOnly ? 'and m.sends_heartbeats' : '';
  const { rows } = await database.query<Member>(
    `select m.${id} as key, m.source, m.last_seen as "lastSeen" from ${name} m join sources s on s.id = m.source
     where m.last_seen > s.clock_ms - $1 and (m.last_seen < s.clock_ms - $6 or m.${id} = any($7)) and ${CHOSEN(id)} ${promising}
     order by m.${id} = any($7) desc, m.last_seen desc limit $5`,
    [FORGOTTEN_AFTER_MS, ...valuesOf(choice), MAX_MEMBERS, silentMs, also],
  );
  return rows;
}

/** Which of these agents or hosts are archived: nobody is told of them any more. */
export async function readArchived(database: Database, set: keyof typeof TABLES, keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const { name, id } = TABLES[set];
  const { rows } = await database.query<{ key: string }>(
    `select ${id} as key from ${name} where ${id} = any($1) and archived_at is not null`,
    [keys],
  );
  return new Set(rows.map(({ key }) => key));
}

/** The host of an agent, as far as it is known. */
export interface HostOfAgent {
  readonly agent: string;
  readonly hostId: string;
  readonly source: number | null;
  readonly lastSeen: number | null;
}

export async function readHostsOf(database: Database, agents: readonly string[]): Promise<HostOfAgent[]> {
  const { rows } = await database.query<HostOfAgent>(
    `select a.agent_id as agent, a.host_id as "hostId", h.source, h.last_seen as "lastSeen"
     from agents a left join hosts h on h.host_id = a.host_id where a.agent_id = any($1) and a.host_id is not null`,
    [agents],
  );
  return rows;
}

/** By host: how many agents that were seen within a day run on it. */
export async function countAgentsOn(database: Database, hosts: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await database.query<{ host: string; agents: number }>(
    `select a.host_id as host, count(*) as agents from agents a join sources s on s.id = a.source
     where a.host_id = any($1) and a.last_seen > s.clock_ms - $2 group by a.host_id`,
    [hosts, FORGOTTEN_AFTER_MS],
  );
  return new Map(rows.map(({ host, agents }) => [host, agents]));
}

/** The newest tasks in progress of agents, or of all agents on hosts: as many of each as an alert lists. */
export async function readTasksAtRisk(
  database: Database,
  set: 'agent' | 'host',
  keys: readonly string[],
): Promise<Map<string, TaskAtRisk[]>> {
  const { rows } = await database.query<TaskAtRisk & { of: string }>(
    `select k.key as of, t.* from unnest($1::text[]) as k (key) cross join lateral (
       select t.task_id, t.name, t.workflow_id, t.agent_id from tasks t
       where t.status = 'in_progress' and t.deleted_at is null
         and ${set === 'agent' ? 't.agent_id = k.key' : 't.agent_id in (select agent_id from agents where host_id = k.key)'}
       order by t.created_at desc, t.task_id limit $2
     ) t`,
    [keys, MAX_TASKS_AT_RISK],
  );
  const tasks = new Map<string, TaskAtRisk[]>();
  for (const { of, ...task } of rows) tasks.set(of, [...(tasks.get(of) ?? []), task]);
  return tasks;
}

/** An agent with tasks in progress. */
export interface Worker extends Member {
  readonly busy: boolean;
  /** When any of its newest tasks has moved last, epoch milliseconds. */
  readonly movedAt: number;
}

/** Tasks of an agent that are looked at for movement: what it is at is among its newest. */
const NEWEST_TASKS = 20;

/** The agents of a choice that have tasks in progress. */
export async function readWorkers(database: Database, choice: Choice): Promise<Worker[]> {
  const { rows } = await database.query<Worker>(
    `with working as (
       select distinct agent_id from tasks where status = 'in_progress' and deleted_at is null and agent_id is not null
     )
     select m.agent_id as key, m.source, m.last_seen as "lastSeen", m.status = 'busy' as busy, (
       select max(newest.updated_at) from (
         select updated_at from tasks where agent_id = m.agent_id and deleted_at is null order by created_at desc, task_id desc limit $6
       ) newest
     ) as "movedAt"
     from agents m join working w on w.agent_id = m.agent_id join sources s on s.id = m.source
     where m.last_seen > s.clock_ms - $1 and ${CHOSEN('agent_id')} order by m.last_seen desc limit $5`,
    [FORGOTTEN_AFTER_MS, ...valuesOf(choice), MAX_MEMBERS, NEWEST_TASKS],
  );
  return rows;
}

/** Open differences of the ledger; counting ends where there are very many. */
export async function countLedgerDifferences(database: Database): Promise<number> {
  const { rows } = await database.query<{ open: number }>(
    'select count(*) as open from (select from ledger_findings where resolved_at is null limit 100000) f',
  );
  return rows[0]?.open ?? 0;
}
