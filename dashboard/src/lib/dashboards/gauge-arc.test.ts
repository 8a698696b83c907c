import fc from 'fast-check';
import { expect, it } from 'vitest';
import { arcPath, placeDials } from './gauge-arc.ts';

it('fills a half circle up to a share', () => {
  expect(arcPath(0)).toBe('');
  expect(arcPath(0.5)).toBe('M6,52A44,44 0 0 1 50.00,8.00');
  expect(arcPath(7)).toBe(arcPath(1));
});

it('puts dials beside one another where they are largest so', () => {
  expect(placeDials(6, 560, 120).columns).toBe(6);
  expect(placeDials(6, 560, 190).columns).toBe(3);
  expect(placeDials(6, 320, 420).columns).toBe(2);
  expect(placeDials(1, 400, 200)).toEqual({ columns: 1, size: 180 });
});

it('leaves room for every label', () => {
  const room = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 100, max: 1_500 }), fc.integer({ min: 80, max: 900 }));
  fc.assert(
    fc.property(room, ([count, width, height]) => {
      const { columns, size } = placeDials(count, width, height);
      const rows = Math.ceil(count / columns);
      expect(columns).toBeLessThanOrEqual(count);
      if (size === 0) return;
      expect(columns * size + (columns - 1) * 12).toBeLessThanOrEqual(width + 0.01);
      expect(rows * (size * 0.58 + 34) + (rows - 1) * 8).toBeLessThanOrEqual(height + 0.01);
    }),
  );
});
