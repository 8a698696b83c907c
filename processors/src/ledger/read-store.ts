import { gaugeKey, TIERS, WHOLE, windowStart, type PartialRow, type SetName } from '@fleetbeat/contracts/aggregates.ts';
import type { EventTopic } from '@fleetbeat/contracts/events.ts';
import { COLUMN } from '@fleetbeat/infra/time-series/partial.ts';
import type { TimeSeriesStore } from '@fleetbeat/infra/time-series/time-series.ts';
import type { AgentCut } from './differences.ts';

/** The ledger's other side: events as the time-series store has counted them. */

/** Keys asked for at once, so that no answer is large. */
const KEYS_AT_ONCE = 200;
const SLICE_MS = 10 * TIERS['1m'];
/** Rows of one answer at most: above what a slice of 200 keys can hold by far. */
const MOST_ROWS = 2_000_000;

/** How many events a row of a topic's set of the whole stands for. */
const EVENTS_OF: Readonly<Record<EventTopic, (values: ArrayLike<number>) => number>> = {
  'agent-events': (values) => sum(values, COLUMN.events.messages, COLUMN.events.heartbeats),
  'host-events': (values) => sum(values, COLUMN.gauges.samples),
  'task-events': (values) => {
    const { events, created, started, completed, failed, cancelled } = COLUMN.tasks;
    // Rows from before that column was there have all their events in the others.
    return sum(values, events) || sum(values, created, started, completed, failed, cancelled);
  },
};

function sum(values: ArrayLike<number>, ...columns: number[]): number {
  return columns.reduce((total, column) => total + (values[column] ?? 0), 0);
}

const SET_OF: Readonly<Record<EventTopic, SetName>> = { 'agent-events': 'fleet', 'host-events': 'host', 'task-events': 'tasks' };

/**
 * Events of an hour (epoch milliseconds) in the 1 m rows of a source's cuts up to `upTo`. Rows never change, so it does
 * not matter what is stored meanwhile. Every host sample has a CPU usage, so those gauges count them.
 */
export async function hourInStore(
  store: TimeSeriesStore,
  place: { topic: EventTopic; source: number; hour: number; upTo: number },
  hostIds: readonly string[],
): Promise<number> {
  const { topic, source, hour, upTo } = place;
  const keys = topic === 'host-events' ? hostIds.map((id) => gaugeKey('cpu_usage', id)) : [WHOLE];
  let events = 0;
  for (let from = hour; from < hour + TIERS['1h']; from += SLICE_MS) {
    for (let first = 0; first < keys.length; first += KEYS_AT_ONCE) {
      const some = keys.slice(first, first + KEYS_AT_ONCE);
      const range = { from, to: from + SLICE_MS };
      const rows = await store.read({
        set: SET_OF[topic],
        keys: some,
        source,
        tier: '1m',
        ...range,
        sketches: false,
        limit: MOST_ROWS,
      });
      for (const row of rows) if (row.seq <= upTo) events += EVENTS_OF[topic](row.values);
    }
  }
  return events;
}

/** Events of an agent in the 1 m rows of [from, to), row by row. */
export async function agentInStore(
  store: TimeSeriesStore,
  agentId: string,
  range: { from: number; to: number; source?: number },
): Promise<(AgentCut & { window: number })[]> {
  const from = windowStart(range.from, TIERS['1m']);
  const rows = await store.read({
    set: 'agent',
    keys: [agentId],
    source: range.source,
    tier: '1m',
    from,
    to: range.to,
    sketches: false,
    limit: MOST_ROWS,
  });
  return rows.map(({ source, seq, window, values }: PartialRow) => ({
    source,
    seq,
    window,
    events: EVENTS_OF['agent-events'](values),
  }));
}
