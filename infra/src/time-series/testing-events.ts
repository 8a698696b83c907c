import { TIERS, type PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import { COLUMN, Partial } from './partial.ts';
import type { WindowsByKey } from './read-windows.ts';

/** For tests: events, the rows that cuts make of them, and the windows that they must come back as. */

/** One timed event of the set `agent`. */
export interface TestEvent {
  readonly key: string;
  readonly ts: number;
  readonly us: number;
  readonly user: number;
}

/** One event each 10 seconds, spread over an hour at most. */
export function eventsOf(key: string, from: number, n: number): TestEvent[] {
  return Array.from({ length: n }, (_, i) => ({
    key,
    ts: from + i * 10_000,
    us: 1_000 * (i + 1),
    user: i % 3,
  }));
}

function count(into: Map<string, Partial>, name: string, event: TestEvent): void {
  const partial = into.get(name) ?? new Partial('events');
  into.set(name, partial);
  const { values } = partial;
  const column = COLUMN.events;
  const timed = values[column.timed] ?? 0;
  values[column.messages] = (values[column.messages] ?? 0) + 1;
  values[column.timed] = timed + 1;
  values[column.response_us] = (values[column.response_us] ?? 0) + event.us;
  values[column.response_us_min] = timed === 0 ? event.us : Math.min(values[column.response_us_min] ?? 0, event.us);
  values[column.response_us_max] = Math.max(values[column.response_us_max] ?? 0, event.us);
  partial.addToSketch(event.us);
  partial.addDistinct(event.user, 7);
}

/** The rows of one cut in the two tiers that cuts write. */
export function rowsOf(events: readonly TestEvent[], source: number, seq: number): PartialRow[] {
  return (['10s', '1m'] as const).flatMap((tier) => {
    const partials = new Map<string, Partial>();
    for (const event of events) count(partials, `${Math.floor(event.ts / TIERS[tier]) * TIERS[tier]} ${event.key}`, event);
    return [...partials].map(([name, partial]) => {
      const [window = '', key = ''] = name.split(' ');
      return partial.toRow({ set: 'agent', key, tier, window: Number(window), source, seq });
    });
  });
}

/** What the reader must answer, computed from the events themselves. */
export function truth(
  events: readonly TestEvent[],
  range: { keys?: readonly string[] | undefined; from: number; to: number; stepMs: number },
): WindowsByKey {
  const { stepMs } = range;
  const from = Math.floor(range.from / stepMs) * stepMs;
  const to = Math.ceil(range.to / stepMs) * stepMs;
  const partials = new Map<string, Partial>();
  for (const event of events) {
    if (event.ts < from || event.ts >= to || range.keys?.includes(event.key) === false) continue;
    count(partials, `${Math.floor(event.ts / stepMs) * stepMs} ${event.key}`, event);
  }
  const byKey: WindowsByKey = new Map();
  for (const [name, partial] of partials) {
    const [window = '', key = ''] = name.split(' ');
    byKey.set(key, (byKey.get(key) ?? new Map<number, Partial>()).set(Number(window), partial));
  }
  return byKey;
}

/** Windows as plain values in a fixed order. */
export function plain(byKey: WindowsByKey) {
  const place = { set: 'agent', key: '', tier: '10s', window: 0, source: 0, seq: 0 } as const;
  return [...byKey]
    .flatMap(([key, windows]) => [...windows].map(([window, partial]) => ({ key, window, row: partial.toRow(place) })))
    .sort((a, b) => a.window - b.window || (a.key < b.key ? -1 : 1))
    .map(({ key, window, row }) => ({
      key,
      window,
      values: Array.from(row.values),
      sketch: row.sketch && Buffer.from(row.sketch).toString('hex'),
      distinct: row.distinct && Buffer.from(row.distinct).toString('hex'),
    }));
}
