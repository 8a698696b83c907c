import fc from 'fast-check';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { decodeCursor, encodeCursor, pageOf } from './cursor.ts';

const position = z.tuple([z.number().int(), z.string()]);

it('a cursor says what was put into it', () => {
  fc.assert(
    fc.property(fc.integer(), fc.string(), (number, text) => {
      const well = text.toWellFormed();
      expect(decodeCursor(encodeCursor([number, well]), position)).toEqual([number, well]);
    }),
  );
});

it.each([
  '',
  '%%%',
  'abc',
  encodeCursor([]),
  encodeCursor(['x', 1]),
  encodeCursor([1.5, 'x']),
  encodeCursor([1, 'x', 2]),
  'bnVsbA',
])('%s is no cursor of the list', (cursor) =>
  expect(() => decodeCursor(cursor, position)).toThrow(expect.objectContaining({ code: 'bad-cursor', status: 400 })),
);

it('any text at all is a cursor or a bad cursor', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        decodeCursor(text, position);
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-cursor' });
      }
    }),
  );
});

it('a page that is not the last one leads to the next', () => {
  const at = (row: number) => [row, 'x'];
  expect(pageOf([1, 2, 3], 2, String, at)).toEqual({ items: ['1', '2'], next_cursor: encodeCursor([2, 'x']) });
  expect(pageOf([1, 2], 2, String, at)).toEqual({ items: ['1', '2'], next_cursor: null });
  expect(pageOf([], 2, String, at)).toEqual({ items: [], next_cursor: null });
});
