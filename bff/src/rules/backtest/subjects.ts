import type { Rule } from '@fleetbeat/contracts/rules.ts';
import type { Subject } from '@fleetbeat/infra/routing/alert-labels.ts';
import type { ReadQuery } from '../../http/read-query.ts';

/** Agents and hosts that one rule looks at, at most, as the processors have it. */
const MAX_SUBJECTS = 20_000;
/** Whoever was silent for longer is no longer expected, in milliseconds. */
export const FORGOTTEN_AFTER_MS = 24 * 3_600_000;

/** An agent or a host, as it is registered now. */
export interface KnownSubject extends Subject {
  readonly key: string;
  readonly firstSeen: number;
}

const TABLES = {
  agent: { name: 'agents', id: 'agent_id', host: 'm.host_id', model: 'm.model', there: 'm.archived_at is null' },
  host: { name: 'hosts', id: 'host_id', host: 'null', model: 'null', there: 'm.archived_at is null' },
} as const;

/** The agents or hosts that a rule is about and that were there in a range; empty for other sets. */
export async function readSubjects(
  query: ReadQuery,
  rule: Rule,
  { from, to }: { from: number; to: number },
): Promise<Map<string, KnownSubject>> {
  const { watch } = rule;
  if (watch.set !== 'agent' && watch.set !== 'host') return new Map();
  const { name, id, host, model, there } = TABLES[watch.set];
  const promising = rule.kind === 'liveness' && rule.heartbeats_only ? 'and m.sends_heartbeats' : '';
  const rows = await query<KnownSubject>(
    'backtest.subjects',
    `select m.${id} as key, m.labels, ${host} as "hostId", ${model} as model, m.first_seen as "firstSeen" from ${name} m
     where m.last_seen >= $1 and m.first_seen < $2 and ${there} and ($3::text[] is null or m.${id} = any($3)) and m.labels @> $4::jsonb
       and not exists (select from jsonb_each_text($5::jsonb) without where m.labels ->> without.key = without.value)
       ${promising} order by m.last_seen desc limit $6`,
    [
      from - FORGOTTEN_AFTER_MS,
      to,
      watch.keys ?? null,
      JSON.stringify(watch.labels ?? {}),
      JSON.stringify(watch.without_labels ?? {}),
      MAX_SUBJECTS,
    ],
  );
  return new Map(rows.map((row) => [row.key, row]));
}

/** Of those that a rule names by their keys or not at all: agents or hosts that nobody is told of any more. */
export async function readArchived(query: ReadQuery, { watch }: Rule): Promise<ReadonlySet<string>> {
  if (watch.set !== 'agent' && watch.set !== 'host') return new Set();
  const { name, id } = TABLES[watch.set];
  const rows = await query<{ key: string }>(
    'backtest.archived',
    `select ${id} as key from ${name} where archived_at is not null and ($1::text[] is null or ${id} = any($1)) limit $2`,
    [watch.keys ?? null, MAX_SUBJECTS],
  );
  return new Set(rows.map(({ key }) => key));
}
