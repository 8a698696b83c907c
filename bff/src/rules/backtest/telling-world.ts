import type { Severity } from '@fleetbeat/contracts/alerts.ts';
import type { BacktestAlert, BacktestTelling } from '@fleetbeat/contracts/backtest.ts';
import type { Target } from '@fleetbeat/contracts/on-call.ts';
import type { Rule } from '@fleetbeat/contracts/rules.ts';
import { alertLabels } from '@fleetbeat/infra/routing/alert-labels.ts';
import type { LabelledAlert } from '@fleetbeat/infra/routing/held-back.ts';
import { onCallAt } from '@fleetbeat/infra/routing/on-call-calendar.ts';
import type { Definitions } from '@fleetbeat/infra/routing/read-definitions.ts';
import type { ReadQuery } from '../../http/read-query.ts';
import { replayTelling, type Telling } from './replay-telling.ts';
import type { KnownSubject } from './subjects.ts';

/** Alerts of a range that may explain others, at most. */
const MAX_SOURCES = 10_000;
/** Reasons why nobody was told that an answer names, at most. */
const MAX_REASONS = 20;

export interface TellingParts {
  readonly query: ReadQuery;
  /** What was not over at the beginning of the range. */
  readonly definitions: Definitions;
  readonly subjects: ReadonlyMap<string, KnownSubject>;
  readonly breathe: () => Promise<void>;
}

/** Who would have been told of a rule's alerts in a range, in shadow or not. */
export async function whoWouldBeTold(
  { query, definitions, subjects, breathe }: TellingParts,
  { rule, ruleId }: { rule: Rule; ruleId: string | null },
  alerts: readonly BacktestAlert[],
  { from, to }: { from: number; to: number },
): Promise<BacktestTelling> {
  const receivers = await readReceivers(query);
  const sources = definitions.inhibitions.length === 0 ? [] : await readSources(query, ruleId, { from, to });
  const labelsOf = (key: string, severity: Severity) => {
    const subject = subjects.get(key) ?? { labels: null, hostId: null, model: null };
    return alertLabels(rule, { rule_id: ruleId ?? '', key, severity }, subject);
  };
  const othersAt = (at: number) => sources.filter(({ firedAt, resolvedAt }) => firedAt <= at && (resolvedAt ?? Infinity) > at);
  const userOf = (target: Target, at: number): string | null => {
    if (target.type === 'user') return target.id;
    const known = target.type === 'schedule' ? definitions.schedules.get(target.id) : undefined;
    return known === undefined ? null : onCallAt(known.schedule, known.overrides, at).user_id;
  };
  const reachable = (userId: string | null) => userId !== null && receivers.withChannel.has(userId);
  const reaches = (target: Target, at: number) =>
    target.type === 'channel' ? receivers.channels.has(target.id) : reachable(userOf(target, at));

  const { incidents, told, heldBack } = await replayTelling(alerts, { definitions, labelsOf, othersAt, reaches }, to, breathe);
  const calls = told.flatMap((each) =>
    each.kind === 'call' && each.target.type !== 'channel' ? [userOf(each.target, each.at)] : [],
  );
  const people = calls.filter((userId) => userId !== null && reachable(userId));
  const channels = told.flatMap(channelsOf).filter((id) => receivers.channels.has(id));
  return {
    incidents,
    pages: people.length,
    people: counted(people, receivers.users),
    unreached: calls.length - people.length,
    notices: channels.length,
    channels: counted(channels, receivers.channels),
    held_back: [...Map.groupBy(heldBack.values(), (reason) => reason)]
      .map(([reason, each]) => ({ reason, alerts: each.length }))
      .sort((a, b) => b.alerts - a.alerts)
      .slice(0, MAX_REASONS),
  };
}

function channelsOf(telling: Telling): readonly string[] {
  if (telling.kind === 'notice') return telling.channels;
  return telling.target.type === 'channel' ? [telling.target.id] : [];
}

function counted(ids: readonly (string | null)[], names: ReadonlyMap<string, string>): BacktestTelling['people'] {
  const counts = new Map<string, number>();
  for (const id of ids) if (id !== null) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts]
    .map(([id, count]) => ({ id, name: names.get(id) ?? id, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}

async function readReceivers(query: ReadQuery) {
  const users = await query<{ id: string; name: string }>(
    'backtest.users',
    'select id, name from users where disabled_at is null',
  );
  const channels = await query<{ id: string; name: string; owner: string | null }>(
    'backtest.channels',
    'select id, name, owner from channels where enabled and deleted_at is null',
  );
  const names = new Map(users.map(({ id, name }) => [id, name]));
  return {
    users: names,
    channels: new Map(channels.map(({ id, name }) => [id, name])),
    withChannel: new Set(channels.flatMap(({ owner }) => (owner !== null && names.has(owner) ? [owner] : []))),
  };
}

/** Alerts of other rules that fired in the range, as their incidents know them. */
async function readSources(
  query: ReadQuery,
  ruleId: string | null,
  { from, to }: { from: number; to: number },
): Promise<(LabelledAlert & { firedAt: number; resolvedAt: number | null })[]> {
  return query(
    'backtest.sources',
    `select alert_id as id, labels, fired_at as "firedAt", resolved_at as "resolvedAt" from incident_alerts
     where fired_at < $2 and coalesce(resolved_at, $2) >= $1 and labels ->> 'rule_id' is distinct from $3
     order by alert_id desc limit $4`,
    [from, to, ruleId, MAX_SOURCES],
  );
}
