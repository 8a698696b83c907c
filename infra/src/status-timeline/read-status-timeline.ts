import { gaugeKey, TIERS } from '@fleetbeat/contracts/aggregates.ts';
import type { StatusBand, StatusSet, StatusTimeline } from '@fleetbeat/contracts/status-timeline.ts';
import type { ReadRows } from '../database/read-rows.ts';
import { COLUMN, type Partial } from '../time-series/partial.ts';
import type { ReadWindows, WindowRange } from '../time-series/window-reader.ts';
import { alertSpans, statusSpans, type Transition } from './status-spans.ts';

/** Changes of alerts that one answer tells. */
const MOST_TRANSITIONS = 2_000;
const { messages: MESSAGES, heartbeats: HEARTBEATS } = COLUMN.events;
const { samples: SAMPLES } = COLUMN.gauges;

export interface StatusQuestion {
  readonly set: StatusSet;
  readonly keys: readonly string[];
  readonly range: WindowRange;
  /** Of those that carry them alone; of all where there are none. */
  readonly labels: Readonly<Record<string, string>> | null;
}

interface Known {
  readonly key: string;
  readonly first_seen: number;
  readonly clock_ms: number;
}

interface TransitionRow extends Transition {
  readonly key: string;
  readonly alert_id: number;
  readonly rule_id: string;
  readonly rule: string;
}

export type ReadStatusTimeline = (question: StatusQuestion) => Promise<StatusTimeline>;

/** Reads how agents or hosts were over time; of those that nobody has heard of, or that lack a label, there is no band. */
export function createReadStatusTimeline(
  query: ReadRows,
  readWindows: ReadWindows,
  offlineMs: Readonly<Record<StatusSet, number>>,
  now: () => number,
): ReadStatusTimeline {
  const readKnown = ({ set, keys, labels }: StatusQuestion): Promise<Known[]> =>
    query<Known>(
      'status.known',
      set === 'agent'
        ? `select a.agent_id as key, a.first_seen, coalesce(s.clock_ms, 0) as clock_ms
           from agents a left join sources s on s.id = a.source where a.agent_id = any($1::text[]) and a.labels @> $2::jsonb`
        : `select h.host_id as key, h.first_seen, coalesce(s.clock_ms, 0) as clock_ms
           from hosts h left join sources s on s.id = h.source where h.host_id = any($1::text[]) and h.labels @> $2::jsonb`,
      [keys, JSON.stringify(labels ?? {})],
    );

  async function statusBands(
    { set, keys, range }: StatusQuestion,
    known: readonly Known[],
  ): Promise<{ range: WindowRange; bands: StatusBand[] }> {
    const limit = offlineMs[set];
    // Silence may have begun before the range.
    const lead = Math.ceil((limit + range.stepMs) / range.stepMs) * range.stepMs;
    const keyOf = (key: string) => (set === 'agent' ? key : gaugeKey('cpu_usage', key));
    const answer = await readWindows({
      set,
      keys: keys.map(keyOf),
      range: { ...range, from: range.from - lead },
      sketches: false,
    });
    const { stepMs } = answer.range;
    const byKey = new Map(known.map((one) => [one.key, one]));
    const bands = keys.flatMap((key): StatusBand[] => {
      const one = byKey.get(key);
      if (one === undefined) return [];
      const heard = [...(answer.byKey.get(keyOf(key)) ?? [])]
        .sort(([a], [b]) => a - b)
        .flatMap(([t, window]) => heardIn(set, t, window));
      // The log's clock is some seconds behind: what was heard meanwhile counts as well.
      const knownTo = Math.min(now(), Math.max(one.clock_ms, (heard.at(-1)?.t ?? 0) + stepMs));
      const hearing = { from: range.from, to: range.to, stepMs, offlineMs: limit, firstSeen: one.first_seen, knownTo };
      return [{ kind: 'status', key, rule: null, spans: statusSpans(heard, hearing) }];
    });
    return { range: { ...range, stepMs }, bands };
  }

  async function alertBands({ set, keys, range }: StatusQuestion): Promise<{ bands: StatusBand[]; more: boolean }> {
    const rows = await query<TransitionRow>(
      'status.alerts',
      `select a.key, a.id as alert_id, a.rule_id, r.definition ->> 'name' as rule, t.at, t.to_state, t.severity
       from alerts a join alert_rules r on r.id = a.rule_id join alert_transitions t on t.alert_id = a.id
       where a.key = any($1::text[]) and r.definition #>> '{watch,set}' = $2 and a.began_at < $4 and coalesce(a.resolved_at, $4) >= $3
       order by a.id desc, t.seq desc limit $5`,
      [keys, set, range.from, range.to, MOST_TRANSITIONS + 1],
    );
    const shown = { from: range.from, to: Math.min(range.to, now()) };
    const bands = [...Map.groupBy(rows.slice(0, MOST_TRANSITIONS), ({ key, rule_id: id }) => `${id} ${key}`).values()].map(
      (ofRule): StatusBand => {
        const alerts = [...Map.groupBy(ofRule, ({ alert_id: id }) => id).values()].map((ofAlert) => ofAlert.toReversed());
        const spans = alerts.flatMap((transitions) => alertSpans(transitions, shown)).sort((a, b) => a.from - b.from);
        return { kind: 'alert', key: ofRule[0]?.key ?? '', rule: ofRule[0]?.rule ?? '', spans };
      },
    );
    return { bands: bands.filter(({ spans }) => spans.length > 0), more: rows.length > MOST_TRANSITIONS };
  }

  return async (question) => {
    const known = await readKnown(question);
    // An alert about what is not in scope is not either; one about what the registry has forgotten is told without a scope.
    const keys = question.labels === null ? question.keys : known.map(({ key }) => key);
    const [status, alerts] = await Promise.all([statusBands(question, known), alertBands({ ...question, keys })]);
    const { from, to, stepMs } = status.range;
    const bands = question.keys.flatMap((key) => [...status.bands, ...alerts.bands].filter((band) => band.key === key));
    return { from, to, step_ms: Math.max(stepMs, TIERS['10s']), bands, more_alerts: alerts.more };
  };
}

function heardIn(set: StatusSet, t: number, { values }: Partial): { t: number; active: boolean }[] {
  if (set === 'host') return (values[SAMPLES] ?? 0) > 0 ? [{ t, active: false }] : [];
  const messages = values[MESSAGES] ?? 0;
  return messages + (values[HEARTBEATS] ?? 0) > 0 ? [{ t, active: messages > 0 }] : [];
}
