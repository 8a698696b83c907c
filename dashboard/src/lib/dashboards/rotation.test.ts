import { expect, it, test } from 'vitest';
import { idsOf, nextOf, secondsOf, withIds } from './rotation.ts';

it('goes round', () => {
  expect(nextOf(['a', 'b', 'c'], 'a')).toBe('b');
  expect(nextOf(['a', 'b', 'c'], 'c')).toBe('a');
  expect(nextOf(['a', 'b'], 'gone')).toBe('a');
  expect(nextOf([], 'a')).toBeUndefined();
});

it('keeps ids in an address, whatever is in them', () => {
  const ids = ['a,b', 'ü', 'x'];
  expect(idsOf(withIds(ids))).toEqual(ids);
  expect(idsOf(null)).toEqual([]);
  expect(idsOf('%,a')).toEqual(['%', 'a']);
});

test.each([
  [30, ['a', 'b'], 30],
  [1, ['a', 'b'], 5],
  [99_999, ['a', 'b'], 3_600],
  [NaN, ['a', 'b'], null],
  [0, ['a', 'b'], null],
  [30, ['a'], null],
])('%d seconds over %j is %j', (seconds, ids, expected) => expect(secondsOf(seconds, ids)).toBe(expected));
