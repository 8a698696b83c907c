import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Measures } from '@fleetbeat/contracts/api.ts';
import { measuresOf } from '@fleetbeat/infra/time-series/measures.ts';
import { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import { topMovers, type Compared } from './movers.ts';

const NOTHING = measuresOf(new Partial('events'));
const some = (measures: globalThis.Partial<Measures>): Measures => ({ ...NOTHING, ...measures });
const agent = (key: string, now: globalThis.Partial<Measures>, before: globalThis.Partial<Measures>): Compared => ({
  set: 'agent',
  key,
  now: some(now),
  before: some(before),
});
const busy = { total_messages: 1_000, total_responses: 400, total_errors: 20, average_response_time: 800, total_cost_usd: 2 };

test.each<[string, globalThis.Partial<Measures>, globalThis.Partial<Measures>, string | undefined]>([
  ['nothing changed', busy, busy, undefined],
  [
    'more messages, at the same price',
    { ...busy, total_messages: 3_000, total_errors: 60, total_cost_usd: 6 },
    busy,
    'total_messages',
  ],
  ['silence', {}, busy, 'total_messages'],
  ['errors', { ...busy, total_errors: 200 }, busy, 'error_rate'],
  ['slower answers', { ...busy, average_response_time: 1_600 }, busy, 'average_response_time'],
  ['dearer answers', { ...busy, total_cost_usd: 6 }, busy, 'total_cost_usd'],
  ['somebody new', busy, {}, undefined],
  ['a little more', { ...busy, total_messages: 1_100 }, busy, undefined],
  ['three times next to nothing', { total_messages: 12 }, { total_messages: 4 }, undefined],
  ['two errors where there was none', { ...busy, total_errors: 2 }, { ...busy, total_errors: 0 }, undefined],
  [
    'a few slow answers',
    { total_responses: 5, average_response_time: 9_000 },
    { total_responses: 5, average_response_time: 90 },
    undefined,
  ],
])('%s', (_, now, before, measure) => {
  expect(topMovers([agent('a', now, before)]).map((one) => one.measure)).toEqual(measure === undefined ? [] : [measure]);
});

test('what changed most is first, a key once, and of the fleet its kinds of messages', () => {
  const fleet: Compared = {
    set: 'fleet',
    key: 'all',
    now: some({ total_tool_calls: 900, total_user_messages: 500 }),
    before: some({ total_tool_calls: 300, total_user_messages: 500 }),
  };
  const movers = topMovers([
    agent('some', { ...busy, total_messages: 2_000, total_cost_usd: 4 }, busy),
    fleet,
    agent('most', { ...busy, total_errors: 900 }, busy),
  ]);
  expect(movers.map(({ key, measure }) => `${key} ${measure}`)).toEqual([
    'most error_rate',
    'all total_tool_calls',
    'some total_messages',
  ]);
});

test('chance alone moves nothing: two counts, each within two and a half deviations of their mean', () => {
  const deviation = fc.double({ min: -2.5, max: 2.5, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), deviation, deviation, (mean, a, b) => {
      const count = (off: number) => ({ total_messages: Math.max(0, Math.round(mean + off * Math.sqrt(mean))) });
      expect(topMovers([agent('a', count(a), count(b))])).toEqual([]);
    }),
  );
});
