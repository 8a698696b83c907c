import { FAMILIES, type Family } from '@fleetbeat/contracts/aggregates.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COLUMN, Partial } from './partial.ts';

/** One event, sample or task step as a list of numbers that `record` turns into a partial's content. */
const observation = fc.record({
  count: fc.nat(1),
  value: fc.integer({ min: -1_000, max: 1_000_000_000 }),
  at: fc.nat(5),
  user: fc.integer({ min: 1, max: 2_000 }),
});
type Observation = typeof observation extends fc.Arbitrary<infer T> ? T : never;

/** Independent of the merge code: what the columns mean. */
function record(family: Family, observations: readonly Observation[]): Partial {
  const partial = new Partial(family);
  const counted = observations.filter(({ count }) => count > 0);
  const values = counted.map(({ value }) => (family === 'gauges' ? value : Math.abs(value)));
  const sum = values.reduce((total, value) => total + value, 0);
  const min = values.length === 0 ? 0 : values.reduce((a, b) => Math.min(a, b));
  const max = values.length === 0 ? 0 : values.reduce((a, b) => Math.max(a, b));
  switch (family) {
    case 'events': {
      const column = COLUMN.events;
      partial.values[column.messages] = observations.length;
      partial.values[column.timed] = counted.length;
      partial.values[column.response_us] = sum;
      partial.values[column.response_us_min] = min;
      partial.values[column.response_us_max] = max;
      for (const value of values) partial.addToSketch(value);
      for (const { user } of counted) partial.addDistinct(Math.imul(user, 0x9e3779b1), user);
      break;
    }
    case 'gauges': {
      const column = COLUMN.gauges;
      partial.values[column.samples] = counted.length;
      partial.values[column.total_millis] = sum;
      partial.values[column.min_millis] = min;
      partial.values[column.max_millis] = max;
      const newest = Math.max(0, ...counted.map(({ at }) => at));
      const last = counted.filter(({ at }) => at === newest).map(({ value }) => value);
      partial.values[column.last_at] = newest;
      partial.values[column.last_millis] = last.length === 0 ? 0 : Math.max(...last);
      break;
    }
    case 'tasks': {
      const column = COLUMN.tasks;
      partial.values[column.created] = observations.length;
      partial.values[column.timed] = counted.length;
      partial.values[column.duration_ms] = sum;
      for (const value of values) partial.addToSketch(value);
    }
  }
  return partial;
}

const place = { set: 'fleet', key: 'all', tier: '10s', window: 0, source: 1, seq: 1 } as const;

describe.each(['events', 'gauges', 'tasks'] as const)('a partial of %s', (family) => {
  it('is the same for any split of the observations, in any order, through any rows', () => {
    fc.assert(
      fc.property(
        fc.array(observation, { maxLength: 60 }),
        fc.array(fc.nat(3), { minLength: 60, maxLength: 60 }),
        fc.boolean(),
        (observations, groups, asRows) => {
          const whole = record(family, observations).toRow(place);
          const parts = [0, 1, 2, 3].map((group) =>
            record(
              family,
              observations.filter((_, i) => groups[i] === group),
            ),
          );
          const mergeAll = (list: readonly Partial[]) => {
            const merged = new Partial(family);
            for (const part of list) merged.merge(asRows ? part.toRow(place) : part);
            return merged;
          };
          expect(mergeAll(parts).toRow(place)).toEqual(whole);
          expect(mergeAll(parts.toReversed()).toRow(place)).toEqual(whole);
          const [a, b, c, d] = parts as [Partial, Partial, Partial, Partial];
          expect(mergeAll([mergeAll([a, c]), mergeAll([d, b])]).toRow(place)).toEqual(whole);
        },
      ),
    );
  });

  it('is empty again after clear()', () => {
    const partial = record(family, [{ count: 1, value: 5, at: 3, user: 7 }]);
    partial.clear();
    expect(partial.toRow(place)).toEqual(new Partial(family).toRow(place));
  });

  it('has a place for every column', () => {
    expect(Object.keys(COLUMN[family])).toEqual(Object.keys(FAMILIES[family].columns));
    expect(new Partial(family).values.length).toBe(Object.keys(FAMILIES[family].columns).length);
  });
});
