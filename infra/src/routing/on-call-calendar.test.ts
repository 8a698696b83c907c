import { layerSchema, type Layer, type Override, type Schedule, type Stretch } from '@fleetbeat/contracts/on-call.ts';
import * as fc from 'fast-check';
import type * as z from 'zod';
import { describe, expect, it } from 'vitest';
import { calendarOf, gapsAfter, onCallAt } from './on-call-calendar.ts';

const HOUR = 3_600_000;
const WEEKENDS: Layer['times'] = [
  { weekdays: ['sat', 'sun'], from: '00:00', to: '24:00' },
  { from: '12:00', to: '12:30' },
];
const DAY = 24 * HOUR;
const at = (time: string) => Date.parse(time);

function layer(given: Partial<z.input<typeof layerSchema>> = {}): Layer {
  return layerSchema.parse({
    name: 'first',
    users: ['ann', 'bob', 'cem'],
    starts_on: '2026-03-02',
    turn: { unit: 'days', count: 1 },
    ...given,
  });
}
const berlin = (...layers: Layer[]): Schedule => ({ name: 'Berlin', time_zone: 'Europe/Berlin', layers });
const who = (schedule: Schedule, time: string, overrides: Override[] = []) => onCallAt(schedule, overrides, at(time)).user_id;
const written = (stretches: readonly Stretch[]) =>
  stretches.map(
    ({ from, to, user_id }) =>
      `${new Date(from).toISOString().slice(5, 16)} ${new Date(to).toISOString().slice(5, 16)} ${user_id}`,
  );

describe('turns', () => {
  it.each([
    // Daily at 09:00 in Berlin: 08:00 UTC in winter, 07:00 UTC from 29 March on.
    ['2026-03-02T07:59:59Z', null],
    ['2026-03-02T08:00:00Z', 'ann'],
    ['2026-03-03T07:59:59Z', 'ann'],
    ['2026-03-03T08:00:00Z', 'bob'],
    ['2026-03-04T08:00:00Z', 'cem'],
    ['2026-03-05T08:00:00Z', 'ann'],
    ['2026-03-28T08:00:00Z', 'cem'],
    ['2026-03-29T06:59:59Z', 'cem'],
    ['2026-03-29T07:00:00Z', 'ann'],
    ['2026-03-30T07:00:00Z', 'bob'],
    // And back on 25 October.
    ['2026-10-25T07:59:59Z', 'cem'],
    ['2026-10-25T08:00:00Z', 'ann'],
  ])('of a day: at %s it is %s', (time, user) => {
    expect(who(berlin(layer()), time)).toBe(user);
  });

  it.each([
    ['2026-03-02T08:00:00Z', 'ann'],
    ['2026-03-09T07:59:59Z', 'ann'],
    ['2026-03-09T08:00:00Z', 'bob'],
    ['2026-03-30T06:59:59Z', 'ann'],
    ['2026-03-30T07:00:00Z', 'bob'],
  ])('of a week: at %s it is %s', (time, user) => {
    expect(who(berlin(layer({ turn: { unit: 'weeks', count: 1 } })), time)).toBe(user);
  });

  it('of twelve hours go by elapsed time', () => {
    const schedule = berlin(layer({ turn: { unit: 'hours', count: 12 }, starts_on: '2026-03-28' }));
    expect(written(calendarOf(schedule, [], { from: at('2026-03-28T08:00:00Z'), to: at('2026-03-29T20:00:00Z') }))).toEqual([
      '03-28T08:00 03-28T20:00 ann',
      '03-28T20:00 03-29T08:00 bob',
      '03-29T08:00 03-29T20:00 cem',
    ]);
  });

  it('that begin when no clock shows their time begin an hour later', () => {
    const schedule = berlin(layer({ handoff: '02:30' }));
    const range = { from: at('2026-03-28T01:30:00Z'), to: at('2026-03-30T00:30:00Z') };
    expect(written(calendarOf(schedule, [], range))).toEqual(['03-28T01:30 03-29T01:30 cem', '03-29T01:30 03-30T00:30 ann']);
  });
});

describe('a schedule', () => {
  it('hands over at the first of two times that its clocks show', () => {
    const schedule = berlin(layer({ handoff: '02:30' }));
    const range = { from: at('2026-10-24T23:00:00Z'), to: at('2026-10-25T23:00:00Z') };
    expect(written(calendarOf(schedule, [], range))).toEqual(['10-24T23:00 10-25T00:30 cem', '10-25T00:30 10-25T23:00 ann']);
  });

  const nights = layer({
    name: 'nights',
    users: ['nil'],
    times: [{ weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '18:00', to: '08:00' }],
  });

  it('has the last layer that has somebody, and the override above all', () => {
    const schedule = berlin(layer({ users: ['ann'] }), nights);
    const overrides = [{ id: 1, user_id: 'ola', from: at('2026-03-10T20:00:00Z'), to: at('2026-03-11T09:00:00Z') }];
    expect(
      written(calendarOf(schedule, overrides, { from: at('2026-03-10T12:00:00Z'), to: at('2026-03-11T18:00:00Z') })),
    ).toEqual([
      '03-10T12:00 03-10T17:00 ann',
      '03-10T17:00 03-10T20:00 nil',
      '03-10T20:00 03-11T09:00 ola',
      '03-11T09:00 03-11T17:00 ann',
      '03-11T17:00 03-11T18:00 nil',
    ]);
  });

  it('has, of two overrides, the one made later', () => {
    const range = { from: at('2026-03-10T12:00:00Z'), to: at('2026-03-10T15:00:00Z') };
    const overrides = [
      { id: 2, user_id: 'two', from: range.from + HOUR, to: range.to },
      { id: 1, user_id: 'one', ...range },
    ];
    expect(written(calendarOf(berlin(layer()), overrides, range))).toEqual([
      '03-10T12:00 03-10T13:00 one',
      '03-10T13:00 03-10T15:00 two',
    ]);
  });

  it('has gaps where nobody is on call', () => {
    const [first, second] = gapsAfter(berlin(nights), [], at('2026-03-09T10:00:00Z'));
    expect([first, second]).toEqual([
      { from: at('2026-03-09T10:00:00Z'), to: at('2026-03-09T17:00:00Z') },
      { from: at('2026-03-10T07:00:00Z'), to: at('2026-03-10T17:00:00Z') },
    ]);
    expect(gapsAfter(berlin(layer()), [], at('2026-03-09T10:00:00Z'))).toEqual([]);
    expect(gapsAfter(berlin(layer({ ends_on: '2026-03-12' })), [], at('2026-03-09T10:00:00Z'))[0]?.from).toBe(
      at('2026-03-12T08:00:00Z'),
    );
  });

  it('is the same whether one asks for a time or for a range, and a range has no holes', () => {
    const anyLayer = fc.record({
      users: fc.array(fc.constantFrom('ann', 'bob', 'cem'), { minLength: 1, maxLength: 4 }),
      starts_on: fc.constantFrom('2026-03-20', '2026-03-27', '2026-04-02'),
      ends_on: fc.constantFrom(null, '2026-04-05'),
      handoff: fc.constantFrom('00:00', '02:30', '09:00'),
      turn: fc.record({
        unit: fc.constantFrom('hours' as const, 'days' as const, 'weeks' as const),
        count: fc.integer({ min: 1, max: 9 }),
      }),
      times: fc.constantFrom<Layer['times'][]>(null, [{ from: '22:00', to: '06:00' }], WEEKENDS),
    });
    const range = { from: at('2026-03-25T00:00:00Z'), to: at('2026-04-08T00:00:00Z') };
    fc.assert(
      fc.property(
        fc.array(anyLayer, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'),
        fc.integer({ min: 0, max: 14 * 24 * 60 - 1 }),
        (layers, time_zone, minute) => {
          const schedule: Schedule = { name: 'any', time_zone, layers: layers.map((each) => layer(each)) };
          const stretches = calendarOf(schedule, [], range);
          expect([stretches[0]?.from, stretches.at(-1)?.to]).toEqual([range.from, range.to]);
          for (const [i, stretch] of stretches.entries()) {
            expect(stretch.from).toBeLessThan(stretch.to);
            if (i > 0) expect(stretch.from).toBe(stretches[i - 1]?.to);
          }
          const time = range.from + minute * 60_000;
          const inRange = stretches.find(({ from, to }) => from <= time && time < to);
          expect(onCallAt(schedule, [], time).user_id).toBe(inRange?.user_id);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('of a quarter with hourly turns is answered at once', () => {
    const layers = Array.from({ length: 10 }, (_, i) =>
      layer({ name: `l${i}`, turn: { unit: 'hours', count: 1 }, times: [{ from: '00:00', to: '23:59' }] }),
    );
    const began = performance.now();
    calendarOf(berlin(...layers), [], { from: at('2026-03-02T08:00:00Z'), to: at('2026-03-02T08:00:00Z') + 92 * DAY });
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
