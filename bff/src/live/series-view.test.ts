import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_COLUMNS, WHOLE, type PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import type { PartialQuery } from '@fleetbeat/infra/time-series/time-series.ts';
import { createOpenPartials } from '../windows/open-partials.ts';
import { createSeriesView } from './series-view.ts';

const NOW = 1_000_000;
const WIDTH = Object.keys(EVENT_COLUMNS).length;

function values(messages: number): number[] {
  const all = new Array<number>(WIDTH).fill(0);
  all[0] = messages;
  return all;
}

function row(source: number, seq: number, window: number, messages: number): PartialRow {
  return { set: 'fleet', key: WHOLE, tier: '10s', window, source, seq, values: values(messages), sketch: null, distinct: null };
}

function world() {
  const rows: PartialRow[] = [];
  const reads: PartialQuery[] = [];
  const open = createOpenPartials();
  const timeSeries = {
    read: (query: PartialQuery) => {
      reads.push(query);
      return Promise.resolve(rows.filter(({ window }) => window >= query.from && window < query.to));
    },
  };
  const view = createSeriesView({ set: 'fleet', key: WHOLE }, { timeSeries, open });
  const take = (source: number, seq: number, offset: number, windows: readonly (readonly [number, number])[]) => {
    const partials = windows.map(([window, messages]) => {
      return { set: 'fleet' as const, key: WHOLE, window, values: values(messages), sketch: null, distinct: null };
    });
    for (const changed of open.take({ source, seq, offset, through: 0, partials })) view.touch(changed.window, NOW);
  };
  const points = async () => (await view.takeChanged()).map(({ t, total_messages }) => [t, total_messages]);
  return { rows, reads, open, view, take, points };
}

describe('a live series', () => {
  it('adds what is open to what is stored, window by window', async () => {
    const { rows, take, points } = world();
    rows.push(row(1, 1, 990_000, 10), row(2, 1, 990_000, 5));
    take(1, 2, 1, [
      [990_000, 3],
      [1_000_000, 1],
    ]);
    expect(await points()).toEqual([
      [990_000, 18],
      [1_000_000, 1],
    ]);
    expect(await points()).toEqual([]);
  });

  it('counts a cut once when the store has it and it is still held as open', async () => {
    const { rows, take, points } = world();
    rows.push(row(1, 2, 990_000, 7));
    take(1, 2, 1, [[990_000, 3]]);
    expect(await points()).toEqual([[990_000, 7]]);
  });

  it('asks the store once for a window until another cut is stored', async () => {
    const { reads, view, open, take, points } = world();
    for (let offset = 1; offset < 5; offset++) {
      take(1, 2, offset, [[990_000, offset]]);
      expect(await points()).toEqual([[990_000, offset]]);
    }
    expect(reads).toHaveLength(1);
    open.stored(1, 1);
    view.stored(NOW);
    await points();
    expect(reads).toHaveLength(2);
  });

  it('leaves windows that began long ago to REST', async () => {
    const { take, points } = world();
    take(1, 2, 1, [[90_000, 3]]);
    expect(await points()).toEqual([]);
  });

  it('comes again with the next call where the store fails', async () => {
    const open = createOpenPartials();
    let fails = true;
    const read = () => (fails ? Promise.reject(new Error('away')) : Promise.resolve([]));
    const view = createSeriesView({ set: 'fleet', key: WHOLE }, { timeSeries: { read }, open });
    open.take({
      source: 1,
      seq: 1,
      offset: 1,
      through: 0,
      partials: [{ set: 'fleet', key: WHOLE, window: 990_000, values: values(4), sketch: null, distinct: null }],
    });
    view.touch(990_000, NOW);
    await expect(view.takeChanged()).rejects.toThrow('away');
    fails = false;
    expect(await view.takeChanged()).toMatchObject([{ t: 990_000, total_messages: 4 }]);
  });

  it('does not keep what was read while a cut was being stored', async () => {
    const { rows, take, view, open } = world();
    take(1, 1, 1, [[990_000, 3]]);
    const first = view.takeChanged();
    // The cut is stored before the read has come back.
    rows.push(row(1, 1, 990_000, 3));
    open.stored(1, 1);
    view.stored(NOW);
    await first;
    take(1, 2, 2, [[990_000, 1]]);
    expect((await view.takeChanged()).find(({ t }) => t === 990_000)?.total_messages).toBe(4);
  });

  it('says the truth after any interleaving of publishing, storing and looking', async () => {
    const step = fc.record({
      source: fc.integer({ min: 1, max: 2 }),
      what: fc.constantFrom('event', 'event', 'cut', 'store', 'look'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { rows, take, view, open } = world();
        const cuts = new Map([1, 2].map((source) => [source, { seq: 1, messages: 0, waiting: [] as PartialRow[] }]));
        let offset = 0;
        let sent = 0;
        let shown = 0;
        const look = async () => {
          shown = (await view.takeChanged()).find(({ t }) => t === 990_000)?.total_messages ?? shown;
        };
        for (const { source, what } of steps) {
          const cut = cuts.get(source);
          if (cut === undefined) throw new Error('no such source');
          if (what === 'event') {
            cut.messages++;
            sent++;
            take(source, cut.seq, ++offset, [[990_000, cut.messages]]);
          } else if (what === 'cut') {
            cut.waiting.push(row(source, cut.seq++, 990_000, cut.messages));
            cut.messages = 0;
          } else if (what === 'store') {
            const next = cut.waiting.shift();
            if (next === undefined) continue;
            rows.push(next);
            // Whether the news of it comes before or after the next look.
            if (steps.length % 2 === 0) await look();
            open.stored(source, next.seq);
            view.stored(NOW);
          } else await look();
        }
        await look();
        expect(shown).toBe(sent);
      }),
      { numRuns: 200 },
    );
  });
});
