/** As much of JSON Schema as the API's document uses. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

/** A field of a body or an answer, as a row: `depth` 0 for those at the top. */
export interface FieldRow {
  readonly name: string;
  readonly depth: number;
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
}

/** Rows of one schema at most; what lies beyond is left out. */
const MAX_ROWS = 200;
const MAX_DEPTH = 4;
/** Values of an enumeration that are told. */
const MAX_VALUES = 12;

/** What a value may be, in one short line; its bounds too, but for those of what an array holds. */
export function typeText(schema: Schema, bounded = true): string {
  if ('const' in schema) return JSON.stringify(schema['const']);
  const values = schema['enum'];
  if (Array.isArray(values)) {
    const told = (values as unknown[]).slice(0, MAX_VALUES).map((value) => JSON.stringify(value));
    return told.join(' | ') + (values.length > MAX_VALUES ? ` | … (${values.length})` : '');
  }
  const options = optionsOf(schema);
  if (options.length > 0) return [...new Set(options.map((option) => typeText(option, bounded)))].join(' | ');
  const { type } = schema;
  const within = (low: string, high: string) => (bounded ? bounds(schema, low, high) : '');
  if (type === 'array') return `${inBrackets(typeText(itemsOf(schema), false))}[]${within('minItems', 'maxItems')}`;
  if (type === 'object') return 'object';
  if (type === 'string')
    return `${typeof schema['format'] === 'string' ? schema['format'] : 'string'}${within('minLength', 'maxLength')}`;
  if (type === 'integer' || type === 'number') return type + within('minimum', 'maximum');
  return typeof type === 'string' ? type : 'anything';
}

/** The fields of an object, and of those in it, in the order of the document. */
export function fieldRows(schema: Schema): FieldRow[] {
  const rows: FieldRow[] = [];
  addRows(rows, schema, 0);
  return rows;
}

function addRows(rows: FieldRow[], schema: Schema, depth: number): void {
  for (const option of optionsOf(schema)) addRows(rows, option, depth);
  if (schema['type'] === 'array') addRows(rows, itemsOf(schema), depth);
  const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
  for (const [name, field] of Object.entries((schema['properties'] ?? {}) as Record<string, Schema>)) {
    if (rows.length >= MAX_ROWS) return;
    const row = {
      name,
      depth,
      type: typeText(field),
      required: required.includes(name) && field['default'] === undefined,
      description: describe(field),
    };
    // The kinds of a union have most fields in common.
    if (rows.some((other) => other.depth === depth && other.name === name && other.type === row.type)) continue;
    rows.push(row);
    if (depth < MAX_DEPTH) addRows(rows, field, depth + 1);
  }
}

function describe(field: Schema): string {
  const parts = [
    typeof field['description'] === 'string' ? field['description'] : '',
    field['default'] === undefined ? '' : `Unless given: ${JSON.stringify(field['default'])}`,
  ];
  return parts.filter((part) => part !== '').join('. ');
}

function optionsOf(schema: Schema): Schema[] {
  for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
    const options = schema[keyword];
    if (Array.isArray(options)) return options as Schema[];
  }
  return [];
}

function itemsOf(schema: Schema): Schema {
  const { items } = schema;
  return typeof items === 'object' && items !== null ? (items as Schema) : {};
}

function inBrackets(type: string): string {
  return type.includes('|') ? `(${type})` : type;
}

/** ` 1…500`, where the schema has bounds that mean something. */
function bounds(schema: Schema, low: string, high: string): string {
  const bound = (keyword: string) => {
    const value = schema[keyword];
    return typeof value === 'number' && Math.abs(value) < 1e12 ? value : undefined;
  };
  const [min, max] = [bound(low), bound(high)];
  if (max === undefined) return min === undefined || min === 0 ? '' : ` ≥ ${min}`;
  return ` ${min ?? 0}…${max}`;
}
