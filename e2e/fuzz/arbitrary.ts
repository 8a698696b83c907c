import fc from 'fast-check';

/** As much of JSON Schema as our document uses. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

/** What inputs are made to break on, whatever their schema says. */
const JUNK: readonly unknown[] = [
  null,
  true,
  '',
  ' ',
  '\u0000',
  '\ud800',
  'ﷺ💥',
  "' or 1=1 --",
  '<script>alert(1)</script>',
  '../../etc/passwd',
  '%',
  '__proto__',
  'x'.repeat(300),
  'x'.repeat(5_000),
  0,
  -1,
  0.5,
  1e308,
  2 ** 53,
  -(2 ** 63),
  [],
  [[]],
  {},
  { __proto__: null, constructor: { prototype: 1 } },
];

/** Texts that hardly any field refuses. */
const ORDINARY = ['a', 'nightly', 'Restart the worker', 'Ünïcode ✓'];

export const junk: fc.Arbitrary<unknown> = fc.constantFrom(...JUNK);

/** Ids that are there, by the name of the field that is to hold one. */
type IdsOf = (field: string) => readonly (string | number)[];

/** Values that a schema allows, as far as it can be told; those of the field `name` are often ids that are there. */
export function arbitraryOf(schema: Schema, idsOf: IdsOf, name = ''): fc.Arbitrary<unknown> {
  const examples = schema['examples'];
  if (Array.isArray(examples)) {
    const { examples: _, ...rest } = schema;
    return fc.oneof({ arbitrary: fc.constantFrom(...(examples as unknown[])), weight: 9 }, arbitraryOf(rest, idsOf, name));
  }
  if ('const' in schema) return fc.constant(schema['const']);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  for (const keyword of ['anyOf', 'oneOf']) {
    const options = schema[keyword];
    if (Array.isArray(options)) return fc.oneof(...(options as Schema[]).map((option) => arbitraryOf(option, idsOf, name)));
  }
  if (Array.isArray(schema['allOf'])) {
    return fc
      .tuple(...(schema['allOf'] as Schema[]).map((part) => arbitraryOf(part, idsOf, name)))
      .map((parts) => Object.assign({}, ...(parts as object[])) as unknown);
  }
  const { type } = schema;
  switch (Array.isArray(type) ? (type as unknown[])[0] : type) {
    case 'string':
      return textOf(schema, idsOf(name));
    case 'integer':
      return fc.integer({ min: bound(schema, 'minimum', -(2 ** 31)), max: bound(schema, 'maximum', 2 ** 31 - 1) });
    case 'number':
      return fc.double({ min: bound(schema, 'minimum', -1e12), max: bound(schema, 'maximum', 1e12), noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array': {
      const items = arbitraryOf((schema['items'] as Schema | undefined) ?? {}, idsOf, name);
      const minLength = bound(schema, 'minItems', 0);
      return fc.array(items, { minLength, maxLength: Math.max(minLength, Math.min(bound(schema, 'maxItems', 4), 4)) });
    }
    case 'object':
      return objectOf(schema, idsOf);
    default:
      return fc.oneof(junk, fc.string(), fc.jsonValue({ maxDepth: 2 }));
  }
}

function textOf(schema: Schema, ids: readonly (string | number)[]): fc.Arbitrary<unknown> {
  const minLength = bound(schema, 'minLength', 0);
  const texts: fc.WeightedArbitrary<unknown>[] = [
    { arbitrary: fc.string({ minLength, maxLength: Math.max(minLength, 20) }), weight: 1 },
    { arbitrary: fc.constantFrom(...ORDINARY), weight: 3 },
  ];
  if (schema['format'] === 'email') texts.push({ arbitrary: fc.emailAddress(), weight: 20 });
  else if (typeof schema['pattern'] === 'string') texts.push({ arbitrary: matching(schema['pattern']), weight: 20 });
  if (ids.length > 0) texts.push({ arbitrary: fc.constantFrom(...ids), weight: 40 });
  return fc.oneof(...texts);
}

/** fast-check cannot make texts for every pattern: those with a look ahead are left to chance. */
function matching(pattern: string): fc.Arbitrary<string> {
  try {
    return fc.stringMatching(new RegExp(pattern), { maxLength: 40 });
  } catch {
    return fc.string();
  }
}

function objectOf(schema: Schema, idsOf: IdsOf): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema['properties'] as Record<string, Schema> | undefined) ?? {});
  const required = (schema['required'] as string[] | undefined) ?? [];
  const known = recordOf(
    properties.map(([name, each]) => [name, arbitraryOf(each, idsOf, name), eighthsOf(required.includes(name))]),
  );
  const more = schema['additionalProperties'];
  if (typeof more !== 'object' || more === null) return known;
  const names = fc.oneof(
    { arbitrary: fc.constantFrom('a', 'team', 'environment'), weight: 9 },
    fc.string({ minLength: 1, maxLength: 8 }),
  );
  return fc
    .tuple(known, fc.dictionary(names, arbitraryOf(more as Schema, idsOf), { maxKeys: 3 }))
    .map(([fields, others]) => ({ ...others, ...fields }));
}

function bound(schema: Schema, keyword: string, fallback: number): number {
  const value = schema[keyword];
  return typeof value === 'number' && Number.isFinite(value) ? value : fallback;
}

/** How many times in eight a field is there that may be left out: the more there are, the sooner one is refused. */
const SELDOM = 2;
const MOSTLY = 7;

/** A field of an object: its name, its values, and how many times in eight it is there. */
export type Field = readonly [name: string, values: fc.Arbitrary<unknown>, eighths: number];

export function recordOf(fields: readonly Field[]): fc.Arbitrary<Record<string, unknown>> {
  const all = fields.map(([name, values, eighths]) =>
    fc.oneof(
      { arbitrary: values.map((each) => [[name, each]] as const), weight: eighths },
      { arbitrary: fc.constant([]), weight: 8 - eighths },
    ),
  );
  return fc.tuple(...all).map((entries) => Object.fromEntries(entries.flat()));
}

export function eighthsOf(isRequired: boolean, isHeader = false): number {
  if (isRequired) return 8;
  return isHeader ? MOSTLY : SELDOM;
}

/** An example whose ids are of things that are there. */
export function withIds(example: unknown, idsOf: IdsOf, name = ''): fc.Arbitrary<unknown> {
  if (Array.isArray(example)) return fc.tuple(...(example as unknown[]).map((each) => withIds(each, idsOf, name)));
  if (typeof example === 'object' && example !== null) {
    return fc.record(Object.fromEntries(Object.entries(example).map(([field, each]) => [field, withIds(each, idsOf, field)])));
  }
  const ids = typeof example === 'string' ? idsOf(name) : [];
  return ids.length === 0 ? fc.constant(example) : fc.constantFrom(...ids);
}

/** Now and then one place of a value, at any depth, holds junk, or an object a field that nobody knows. */
export function sometimesBroken(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(values, fc.integer({ min: 0, max: 9 }), fc.nat(), junk)
    .map(([value, dice, place, bad]) => (dice < 7 ? value : breakAt(value, place, bad)));
}

function breakAt(value: unknown, place: number, bad: unknown): unknown {
  if (Array.isArray(value) && value.length > 0) {
    const at = place % value.length;
    return value.map((each: unknown, index) => (index === at ? breakAt(each, place >> 2, bad) : each));
  }
  if (typeof value !== 'object' || value === null) return bad;
  const entries = Object.entries(value);
  const at = place % (entries.length + 2);
  if (at === entries.length) return bad;
  if (at > entries.length) return { ...value, unknown_field: bad };
  return Object.fromEntries(entries.map(([name, each], index) => [name, index === at ? breakAt(each, place >> 2, bad) : each]));
}
