import { expect, it } from 'vitest';
import { colorOf, DASHES, inColorsApart, OTHERS_COLOR, SERIES_COLORS, signsOf } from './palette.ts';

const [first, second, third] = SERIES_COLORS;

it('gives the later of two of one colour the first that is free, and leaves the others alone', () => {
  expect(inColorsApart([second, third, second])).toEqual([second, third, first]);
  expect(inColorsApart([first, second, third])).toEqual([first, second, third]);
});

it('gives each its own for as long as there are colours, and repeats them after that', () => {
  expect(inColorsApart([...SERIES_COLORS, first, first])).toEqual([...SERIES_COLORS, OTHERS_COLOR, first]);
  expect(new Set(inColorsApart(SERIES_COLORS.map(() => first))).size).toBe(SERIES_COLORS.length);
});

it('tells those of one colour apart by texture, whatever the order of their names', () => {
  const names = Array.from({ length: SERIES_COLORS.length * DASHES.length }, (_, n) => `entity ${n}`);
  const signs = signsOf(names);
  expect(new Set([...signs.values()].map(({ color, texture }) => `${color} ${texture}`)).size).toBe(names.length);
  for (const [name, { color }] of signs) expect(color).toBe(colorOf(name));
  expect(signsOf(names.toReversed())).toEqual(signs);
});
