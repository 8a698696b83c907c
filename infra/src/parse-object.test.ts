import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseObject } from './parse-object.ts';

it.each([
  ['{}', {}],
  ['{"a": [1]}', { a: [1] }],
  [' \t\r\n{"a": 1}\n', { a: 1 }],
  ['\ufeff{}', undefined],
  ['\u00a0{}', undefined],
  ['{', undefined],
  ['{} {}', undefined],
  ['[{}]', undefined],
  ['"{}"', undefined],
  ['null', undefined],
  ['', undefined],
])('of %j it finds %j', (text, found) => expect(parseObject(text)).toEqual(found));

it('takes every object, however it is written, and nothing else', () => {
  fc.assert(
    fc.property(fc.json(), fc.stringMatching(/^[ \t\r\n]*$/), (text, space) => {
      const value: unknown = JSON.parse(text);
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      expect(parseObject(space + text + space)).toEqual(isObject ? value : undefined);
    }),
  );
});
