import { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { SlidingWindow } from './sliding-window.ts';

function counting(count: number): Partial {
  const partial = new Partial('tasks');
  partial.values.fill(count);
  partial.addToSketch(count);
  return partial;
}

it('holds what was merged from scratch, however it moves', () => {
  const gaps = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 1_000 })), { maxLength: 60 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 8 }), (moves, length) => {
      const sliding = new SlidingWindow('tasks');
      const all: { start: number; count: number }[] = [];
      let at = 0;
      for (const [gap, count] of moves) {
        at += gap;
        sliding.push(at, counting(count));
        all.push({ start: at, count });
        const inside = all.filter(({ start }) => start > at - length);
        expect(sliding.dropBefore(at - length + 1)).toBe(true);
        const whole = new Partial('tasks');
        for (const each of inside) whole.merge(counting(each.count));
        expect([...sliding.sum().values]).toEqual([...whole.values]);
        expect(sliding.sum().sketch?.serialize()).toEqual(whole.sketch?.serialize());
      }
      expect(sliding.dropBefore(at + 1)).toBe(false);
    }),
  );
});
