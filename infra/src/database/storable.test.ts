import fc from 'fast-check';
import { expect, test } from 'vitest';
import { storableJson, storableText } from './storable.ts';

test('NUL and halves of surrogate pairs become U+FFFD, in keys and values, everything else stays', () => {
  fc.assert(
    fc.property(fc.object({ maxDepth: 2, key: fc.string({ unit: 'binary' }) }), fc.string({ unit: 'binary' }), (object, text) => {
      const value = { object, text, halves: '\ud800 \\ud800 \\\ud800', nul: 'a\u0000b \\u0000 \\\u0000' };
      const clean = (part: unknown): unknown => {
        if (typeof part === 'string') return part.replaceAll('\u0000', '\ufffd').toWellFormed();
        if (Array.isArray(part)) return part.map(clean);
        if (typeof part !== 'object' || part === null) return part;
        return Object.fromEntries(Object.entries(part).map(([key, inner]) => [clean(key), clean(inner)]));
      };
      expect(JSON.parse(storableJson(value))).toEqual(JSON.parse(JSON.stringify(clean(value))));
    }),
  );
});

test('text loses its NULs', () => {
  expect(storableText('a\u0000b')).toBe('a\ufffdb');
  expect(storableText(undefined)).toBeNull();
});
