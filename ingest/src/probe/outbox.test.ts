import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Outbox } from './outbox.ts';

it('gives the oldest first and keeps them until they are done', () => {
  const outbox = new Outbox<number>(10);
  [1, 2, 3].forEach((item) => outbox.push(item));
  expect(outbox.take(2)).toEqual([1, 2]);
  expect(outbox.take(2)).toEqual([1, 2]);
  outbox.done();
  expect(outbox.take(2)).toEqual([3]);
});

it('drops the oldest beyond its capacity and counts them', () => {
  const outbox = new Outbox<number>(2);
  [1, 2, 3].forEach((item) => outbox.push(item));
  expect(outbox.take(5)).toEqual([2, 3]);
  expect(outbox.dropped).toBe(1);
});

it('loses nothing but what it counts as dropped, whatever happens while items are being sent', () => {
  const steps = fc.array(fc.constantFrom('push', 'take', 'done') as fc.Arbitrary<'push' | 'take' | 'done'>, { maxLength: 200 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 5 }), (todo, capacity) => {
      const outbox = new Outbox<number>(capacity);
      const sent = new Set<number>();
      let pushed = 0;
      let taken: readonly number[] = [];
      for (const step of todo) {
        if (step === 'push') outbox.push(pushed++);
        if (step === 'take') taken = outbox.take(2);
        if (step === 'done') {
          for (const item of taken) sent.add(item);
          taken = [];
          outbox.done();
        }
      }
      const left = outbox.take(1_000);
      const accounted = new Set([...sent, ...left]);
      expect(pushed - accounted.size).toBeLessThanOrEqual(outbox.dropped);
      expect(left.some((item) => sent.has(item))).toBe(false);
      expect(outbox.size).toBeLessThanOrEqual(capacity);
    }),
  );
});
