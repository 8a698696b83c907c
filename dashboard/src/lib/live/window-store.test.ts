import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { WindowStore } from './window-store.ts';

interface Point {
  t: number;
  count: number;
}

test('a window that comes again replaces the one that is there', () => {
  const store = new WindowStore<Point>(10, 4);
  store.put([{ t: 0, count: 1 }], 1);
  store.put([{ t: 0, count: 5 }], 2);
  expect(store.all()).toEqual([{ t: 0, count: 5 }]);
});

test('an answer that was asked for before the live message does not undo it', () => {
  const store = new WindowStore<Point>(10, 4);
  store.put([{ t: 10, count: 7 }], 200);
  store.put(
    [
      { t: 0, count: 3 },
      { t: 10, count: 6 },
    ],
    100,
  );
  expect(store.all()).toEqual([
    { t: 0, count: 3 },
    { t: 10, count: 7 },
  ]);
});

test('windows that overlap a stretch are found, half-open', () => {
  const store = new WindowStore<Point>(10, 8);
  store.put(
    [0, 10, 20, 30].map((t) => ({ t, count: t })),
    1,
  );
  expect(store.between(10, 30).map((point) => point.t)).toEqual([10, 20]);
  expect(store.between(15, 31).map((point) => point.t)).toEqual([10, 20, 30]);
});

test('whatever comes, the newest windows are kept, in order, and no more than its capacity', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 200 }),
      fc.integer({ min: 1, max: 12 }),
      (times, capacity) => {
        const store = new WindowStore<Point>(10, capacity);
        times.forEach((t, index) => store.put([{ t: t * 10, count: index }], index));
        const kept = store.all().map((point) => point.t);
        const newest = [...new Set(times.map((t) => t * 10))].sort((a, b) => a - b).slice(-capacity);
        // A window older than all that are kept may have come when there was room no longer: only order and bound hold for all.
        expect(kept.length).toBeLessThanOrEqual(capacity);
        expect(kept).toEqual(kept.toSorted((a, b) => a - b));
        expect(kept).toEqual(newest);
      },
    ),
  );
});
