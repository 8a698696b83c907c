import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeDuplicates, KnownDuplicates } from './duplicates.ts';

test('what was said of each event of a cut is said again', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 2_000 }), (isNew) => {
      const known = new KnownDuplicates(encodeDuplicates(isNew.flatMap((each, place) => (each ? [] : [place]))));
      expect(isNew.map(() => known.add())).toEqual(isNew);
    }),
  );
});

test('a cut without duplicates takes no bytes', () => {
  expect(encodeDuplicates([])).toHaveLength(0);
  expect(new KnownDuplicates(new Uint8Array()).add()).toBe(true);
});
