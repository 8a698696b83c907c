import { describe, expect, it } from 'vitest';
import { fieldRows, typeText } from './describe-schema.ts';

describe('the type of a value', () => {
  it.each([
    [{ const: 'threshold' }, '"threshold"'],
    [{ enum: ['a', 'b'] }, '"a" | "b"'],
    [{ enum: Array.from({ length: 14 }, (_, index) => index) }, '0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | … (14)'],
    [{ type: 'string', minLength: 1, maxLength: 80 }, 'string 1…80'],
    [{ type: 'string', format: 'email' }, 'email'],
    [{ type: 'integer', minimum: 1, maximum: 500 }, 'integer 1…500'],
    [{ type: 'integer', minimum: -9007199254740991, maximum: 9007199254740991 }, 'integer'],
    [{ type: 'number', minimum: 0 }, 'number'],
    [{ type: 'number', minimum: 5 }, 'number ≥ 5'],
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'string | null'],
    [{ type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'number' }] }, maxItems: 3 }, '(string | number)[] 0…3'],
    [{ type: 'array', items: { type: 'string', maxLength: 64 } }, 'string[]'],
    [{}, 'anything'],
  ])('%j', (schema, text) => {
    expect(typeText(schema)).toBe(text);
  });
});

it('lists the fields of an object and of those in it', () => {
  const rows = fieldRows({
    type: 'object',
    required: ['name', 'limit'],
    properties: {
      name: { type: 'string', description: 'What it is called' },
      limit: { type: 'integer', default: 50 },
      steps: { type: 'array', items: { type: 'object', properties: { after_s: { type: 'number' } } } },
    },
  });
  expect(rows.map(({ name, depth, type, required, description }) => [name, depth, type, required, description])).toEqual([
    ['name', 0, 'string', true, 'What it is called'],
    ['limit', 0, 'integer', false, 'Unless given: 50'],
    ['steps', 0, 'object[]', false, ''],
    ['after_s', 1, 'number', false, ''],
  ]);
});

it('names what the kinds of a union have in common once', () => {
  const kind = (name: string, more: object) => ({
    type: 'object',
    properties: { kind: { const: name }, name: { type: 'string' }, ...more },
  });
  const rows = fieldRows({ oneOf: [kind('a', { x: { type: 'number' } }), kind('b', {})] });
  expect(rows.map(({ name, type }) => `${name}: ${type}`)).toEqual(['kind: "a"', 'name: string', 'x: number', 'kind: "b"']);
});

it('ends at some depth and number of rows', () => {
  const deep = (levels: number): object =>
    levels === 0 ? { type: 'string' } : { type: 'object', properties: { a: deep(levels - 1) } };
  expect(fieldRows({ ...deep(30) })).toHaveLength(5);
  const wide = { type: 'object', properties: Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`f${n}`, {}])) };
  expect(fieldRows(wide)).toHaveLength(200);
});
