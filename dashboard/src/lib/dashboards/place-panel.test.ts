import * as fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { freePlace, inReadingOrder, newPanelId, overlaps, steppedPlace, type Place } from './place-panel.ts';

const placeArbitrary = fc
  .record({ x: fc.nat(11), y: fc.nat(30), w: fc.integer({ min: 1, max: 12 }), h: fc.integer({ min: 1, max: 20 }) })
  .map((place): Place => ({ ...place, w: Math.min(place.w, 12 - place.x) }));

it('puts a new panel where it is on nobody else’s place', () => {
  fc.assert(
    fc.property(fc.array(placeArbitrary, { maxLength: 12 }), fc.integer({ min: 1, max: 12 }), (taken, w) => {
      const place = freePlace(taken, w, 3);
      expect(place.x + place.w).toBeLessThanOrEqual(12);
      expect(taken.filter((other) => overlaps(place, other))).toEqual([]);
    }),
  );
});

test.each<[string, Place[], Place]>([
  ['first at the upper left', [], { x: 0, y: 0, w: 6, h: 4 }],
  ['beside another', [{ x: 0, y: 0, w: 6, h: 4 }], { x: 6, y: 0, w: 6, h: 4 }],
  ['below where the row is full', [{ x: 0, y: 0, w: 8, h: 4 }], { x: 0, y: 4, w: 6, h: 4 }],
])('a panel goes %s', (_, taken, place) => expect(freePlace(taken, 6, 4)).toEqual(place));

it('steps by arrow keys and stays on the grid', () => {
  fc.assert(
    fc.property(
      placeArbitrary,
      fc.constantFrom('ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Enter'),
      fc.boolean(),
      (place, key, resize) => {
        const stepped = steppedPlace(place, key, resize);
        expect(stepped.x).toBeGreaterThanOrEqual(0);
        expect(stepped.y).toBeGreaterThanOrEqual(0);
        expect(stepped.w).toBeGreaterThanOrEqual(1);
        expect(stepped.h).toBeGreaterThanOrEqual(1);
        expect(stepped.x + stepped.w).toBeLessThanOrEqual(12);
      },
    ),
  );
  expect(steppedPlace({ x: 0, y: 0, w: 4, h: 2 }, 'ArrowRight', false)).toEqual({ x: 1, y: 0, w: 4, h: 2 });
  expect(steppedPlace({ x: 0, y: 0, w: 4, h: 2 }, 'ArrowDown', true)).toEqual({ x: 0, y: 0, w: 4, h: 3 });
});

it('finds ids that are free', () => {
  expect(newPanelId([{ id: 'panel-2' }])).toBe('panel-3');
});

it('reads row by row', () => {
  const places = [
    { x: 6, y: 0, w: 6, h: 4 },
    { x: 0, y: 4, w: 6, h: 4 },
    { x: 0, y: 0, w: 6, h: 4 },
  ];
  expect(inReadingOrder(places).map(({ x, y }) => [x, y])).toEqual([
    [0, 0],
    [6, 0],
    [0, 4],
  ]);
});
