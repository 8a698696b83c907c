import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseScope, scopeLabels, scopeText, scopeWords, withLabel } from './scope-text.ts';

test('labels are read from an address, those that part most fleets first', () => {
  expect(parseScope('project:checkout,zone:eu,environment:production')).toEqual([
    { name: 'environment', value: 'production' },
    { name: 'project', value: 'checkout' },
    { name: 'zone', value: 'eu' },
  ]);
});

test.each([null, '', ',', 'environment', ':x', 'a b:c', 'environment:', `${'n'.repeat(65)}:x`, 'a:b\u0000'])(
  '%j is no scope',
  (text) => expect(parseScope(text)).toEqual([]),
);

test('of two values of one name the later one counts', () => {
  expect(parseScope('a:1,a:2')).toEqual([{ name: 'a', value: '2' }]);
  expect(withLabel([{ name: 'a', value: '1' }], { name: 'a', value: '2' })).toEqual([{ name: 'a', value: '2' }]);
});

test('the labels of a report are said in the order of a scope', () => {
  expect(scopeWords(scopeLabels({ zone: 'eu', environment: 'production' }))).toBe('environment = production, zone = eu');
  expect(scopeWords(scopeLabels({}))).toBe('');
});

test('whatever a value is, it comes back from the address', () => {
  const label = fc.record({
    name: fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/),
    value: fc.oneof(
      fc.constantFrom('a,b', '100%', '%2C', '%252C', 'x:y', '<script>', 'مرحبا'),
      // eslint-disable-next-line no-control-regex -- a value holds none
      fc.stringMatching(/^[^\u0000-\u001f\u007f]{1,100}$/u),
    ),
  });
  fc.assert(
    fc.property(fc.uniqueArray(label, { maxLength: 16, selector: ({ name }) => name }), (labels) => {
      const address = new URL('http://x/');
      address.searchParams.set('scope', scopeText(labels));
      const read = parseScope(new URL(address.href).searchParams.get('scope'));
      expect(new Map(read.map(({ name, value }) => [name, value]))).toEqual(
        new Map(labels.map(({ name, value }) => [name, value])),
      );
    }),
  );
});
