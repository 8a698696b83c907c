import { ADDITIVE_MEASURES } from '@fleetbeat/contracts/additive-measures.ts';
import type { HostGauge } from '@fleetbeat/contracts/aggregates.ts';
import type { Measures } from '@fleetbeat/contracts/api.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addMeasures, additiveOf, compareAgent, compareHost, compareMeasures, compareMetrics } from './compare.ts';
import { addEvent, emptyTally, exactQuantile, messagesOf, tokensOf, type EventTally } from './event-tally.ts';
import type { GaugeTally } from './ledger.ts';

function tally(count = 10): EventTally {
  const made = emptyTally();
  for (let index = 1; index <= count; index += 1) {
    addEvent(made, {
      agent_id: 'a',
      message_type: index % 5 === 0 ? 'error' : 'agent_response',
      response_time_ms: index * 100,
      input_tokens: index,
      output_tokens: 2 * index,
      cost_usd: index / 1_000,
      user_id: `u${index % 3}`,
      user_feedback: 4,
    });
  }
  return made;
}

/** The answer that agrees with a tally. */
function answer(of: EventTally): Measures {
  const sorted = of.times.toSorted((a, b) => a - b);
  const quantile = (q: number) => (exactQuantile(sorted, q) ?? 0) / 1_000;
  const timed = of.times.length > 0;
  return {
    ...additiveOf(of),
    average_response_time: timed ? of.response_us / of.times.length / 1_000 : null,
    response_time_min: timed ? quantile(0) : null,
    response_time_max: timed ? quantile(1) : null,
    response_time_p50: timed ? quantile(0.5) : null,
    response_time_p95: timed ? quantile(0.95) : null,
    response_time_p99: timed ? quantile(0.99) : null,
    average_feedback_score: of.scored === 0 ? null : of.score_micros / of.scored / 1e6,
    unique_users: of.users.size,
  };
}

describe('compareMeasures', () => {
  it('finds nothing where the answer agrees, of nothing too', () => {
    expect(compareMeasures('a', tally(), answer(tally()))).toEqual([]);
    expect(compareMeasures('a', emptyTally(), answer(emptyTally()))).toEqual([]);
  });

  it('finds a single event too many or too few in every count and sum', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ADDITIVE_MEASURES), fc.constantFrom(-1, 1), (field, by) => {
        const wrong = { ...answer(tally()), [field]: answer(tally())[field] + (field === 'total_cost_usd' ? by * 1e-6 : by) };
        expect(compareMeasures('a', tally(), wrong).map((difference) => difference.field)).toEqual([field]);
      }),
    );
  });

  it.each([
    ['response_time_p50', 1.009, []],
    ['response_time_p50', 1.011, ['response_time_p50']],
    ['response_time_p99', 0.989, ['response_time_p99']],
    ['average_response_time', 1 + 5e-7, []],
    ['average_response_time', 1 + 5e-6, ['average_response_time']],
    ['response_time_max', 1.0001, ['response_time_max']],
    ['unique_users', 1.02, []],
    ['unique_users', 4 / 3, ['unique_users']],
    ['average_feedback_score', 1.001, ['average_feedback_score']],
  ] as const)('holds %s times %d against what is promised', (field, factor, expected) => {
    const right = answer(tally());
    const wrong = { ...right, [field]: (right[field] ?? NaN) * factor };
    expect(compareMeasures('a', tally(), wrong).map((difference) => difference.field)).toEqual(expected);
  });

  it('finds null where a figure should be, and a figure where null should be', () => {
    expect(compareMeasures('a', tally(), { ...answer(tally()), response_time_p95: null })).toHaveLength(1);
    expect(compareMeasures('a', emptyTally(), { ...answer(emptyTally()), response_time_p95: 0 })).toHaveLength(1);
  });
});

describe('compareMetrics', () => {
  it('finds a series that does not add up to its totals', () => {
    const totals = answer(tally());
    const metrics = { from: 0, to: 10_000, step_ms: 10_000, totals, series: [{ t: 0, ...totals }] };
    expect(compareMetrics('a', tally(), metrics)).toEqual([]);
    expect(compareMetrics('a', tally(), { ...metrics, series: [] }).map(({ field }) => field)).toEqual([
      'series: total_messages',
      'series: total_tokens_used',
    ]);
  });
});

describe('compareAgent', () => {
  const agent = {
    agent_id: 'a',
    name: null,
    host_id: null,
    status: 'online' as const,
    capabilities: [],
    labels: {},
    model: null,
    first_seen: 0,
    last_seen: 0,
    total_messages: messagesOf(tally()),
    total_responses: 8,
    total_errors: 2,
    total_tokens_used: tokensOf(tally()),
    success_rate: 0.8,
    total_tasks: 0,
    failed_tasks: 0,
    tags: [],
    notes: null,
    paused: false,
    archived_at: null,
  };

  it('finds what the registry counts otherwise', () => {
    expect(compareAgent(tally(), agent)).toEqual([]);
    expect(compareAgent(tally(), { ...agent, total_errors: 3, success_rate: 0.7 })).toHaveLength(2);
  });
});

describe('compareHost', () => {
  const gauge = (fields: Partial<GaugeTally> = {}): GaugeTally => ({
    samples: 2,
    total: 30_000,
    min: 10_000,
    max: 20_000,
    last: 20_000,
    lastAt: 5,
    ...fields,
  });
  const tallies = new Map<HostGauge, Map<number, GaugeTally>>([['cpu_usage', new Map([[60_000, gauge()]])]]);
  const right = {
    host_id: 'h',
    from: 0,
    to: 120_000,
    step_ms: 60_000,
    gauges: { cpu_usage: [{ t: 60_000, avg: 15, min: 10, max: 20, last: 20 }] },
    samples: { cpu_usage: 2 },
  };

  it('finds nothing where every window agrees', () => {
    expect(compareHost('h', tallies, right)).toEqual([]);
  });

  it.each([
    ['a sample twice', { ...right, samples: { cpu_usage: 3 } }, 1],
    ['another last value', { ...right, gauges: { cpu_usage: [{ t: 60_000, avg: 15, min: 10, max: 20, last: 10 }] } }, 1],
    ['a missing window', { ...right, gauges: {} }, 4],
    ['a gauge that nobody sent', { ...right, samples: { cpu_usage: 2, load_1: 1 } }, 1],
  ])('finds %s', (_, actual, found) => {
    expect(compareHost('h', tallies, actual)).toHaveLength(found);
  });
});

describe('addMeasures', () => {
  it('adds what adds up', () => {
    expect(addMeasures([answer(tally(3)), answer(tally(4))]).input_tokens).toBe(6 + 10);
    expect(addMeasures([]).total_messages).toBe(0);
  });
});
