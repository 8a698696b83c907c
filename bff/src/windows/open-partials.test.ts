import { describe, expect, it } from 'vitest';
import { EVENT_COLUMNS, WHOLE } from '@fleetbeat/contracts/aggregates.ts';
import type { OpenPartials } from '@fleetbeat/contracts/live.ts';
import { createOpenPartials } from './open-partials.ts';

const WIDTH = Object.keys(EVENT_COLUMNS).length;

function partial(window: number, messages: number, key = WHOLE, set: OpenPartials['partials'][number]['set'] = 'fleet') {
  const values = new Array<number>(WIDTH).fill(0);
  values[0] = messages;
  return { set, key, window, values, sketch: null, distinct: null };
}

function record(seq: number, offset: number, partials: OpenPartials['partials'], source = 1): OpenPartials {
  return { source, seq, offset, through: offset * 10, partials };
}

function messages(open: ReturnType<typeof createOpenPartials>, keys: readonly string[] | undefined = [WHOLE]) {
  return open.rows('fleet', keys, 0, Infinity).map((row) => [row.seq, row.window, row.values[0]]);
}

describe('open partials', () => {
  it('replace those of the same cut and window', () => {
    const open = createOpenPartials();
    open.take(record(7, 10, [partial(0, 1), partial(10_000, 2)]));
    open.take(record(7, 20, [partial(10_000, 5)]));
    expect(messages(open)).toEqual([
      [7, 0, 1],
      [7, 10_000, 5],
    ]);
  });

  it('do not go back to what a processor that replays the cut has come to', () => {
    const open = createOpenPartials();
    open.take(record(7, 20, [partial(0, 5)]));
    expect(open.take(record(7, 10, [partial(0, 1)]))).toEqual([]);
    expect(messages(open)).toEqual([[7, 0, 5]]);
    expect(open.through.get(1)).toBe(200);
  });

  it('of a cut that has ended stay until it is stored', () => {
    const open = createOpenPartials();
    open.take(record(7, 20, [partial(0, 5)]));
    open.take(record(8, 30, [partial(0, 2)]));
    expect(messages(open)).toHaveLength(2);
    open.stored(1, 7);
    expect(messages(open)).toEqual([[8, 0, 2]]);
  });

  it('of a stored cut are not taken from a processor that does not know', () => {
    const open = createOpenPartials();
    open.stored(1, 7);
    expect(open.take(record(7, 99, [partial(0, 5)]))).toEqual([]);
    expect(messages(open)).toEqual([]);
    expect(open.take(record(7, 99, [partial(0, 5)], 2))).toHaveLength(1);
  });

  it('do not pile up while nothing is stored', () => {
    const open = createOpenPartials();
    for (let seq = 0; seq < 100; seq++) open.take(record(seq, seq, [partial(0, 1)]));
    expect(messages(open).map(([seq]) => seq)).toEqual([92, 93, 94, 95, 96, 97, 98, 99]);
  });

  it('are found by key, by set and by time', () => {
    const open = createOpenPartials();
    open.take(record(1, 1, [partial(0, 1), partial(10_000, 2), partial(0, 3, 'a/b', 'agent'), partial(0, 4, 'a', 'agent')]));
    expect(open.rows('agent', ['a'], 0, 10_000)).toHaveLength(1);
    expect(open.rows('agent', undefined, 0, 10_000)).toHaveLength(2);
    expect(open.rows('fleet', undefined, 10_000, 20_000).map((row) => row.values[0])).toEqual([2]);
    expect(open.rows('model', undefined, 0, 10_000)).toEqual([]);
  });

  it('of unknown shape are passed over', () => {
    const open = createOpenPartials();
    const short = { ...partial(0, 1), values: [1, 2] };
    const unknown = { ...partial(0, 1), set: 'constructor' as never };
    expect(open.take(record(1, 1, [short, unknown, partial(0, 1)]))).toHaveLength(1);
  });
});
