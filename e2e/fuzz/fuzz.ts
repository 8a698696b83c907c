import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { arbitraryOf, eighthsOf, recordOf, sometimesBroken, withIds, type Schema } from './arbitrary.ts';
import { createKnownIds, type KnownIds } from './known-ids.ts';

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  schema: Schema;
}
type Content = Record<string, { schema?: Schema; example?: unknown }>;
interface Operation {
  parameters: Parameter[];
  requestBody?: { content: Content };
  responses: Record<string, { content?: Content }>;
}
/** As much of an OpenAPI 3.1 document as is looked at. */
export interface ApiDocument {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

export interface FuzzOptions {
  /** Of the API's host, without its path. */
  readonly url: string;
  readonly requests: number;
  /** The same number asks the same again, as far as the answers are the same. */
  readonly seed: number;
  /** With every scope. */
  readonly key: string;
  /** Ids that no request may touch, such as the key's own. */
  readonly spared: ReadonlySet<string>;
}

export interface Fault {
  readonly request: string;
  readonly reason: string;
}

export interface FuzzResult {
  readonly faults: readonly Fault[];
  /** Of each route, how often it was asked and how often it did what was asked. */
  readonly asked: ReadonlyMap<string, { requests: number; done: number }>;
}

/** Faults after which no more is asked. */
const MAX_FAULTS = 20;
const ANSWER_MS = 30_000;

/**
 * Asks an API for what its own document says it takes, now and then for what it does not, and holds every answer against
 * the document: none is 5xx, none of another status, type or shape, none takes longer than 30 s.
 */
export async function fuzz(document: ApiDocument, { url, requests, seed, key, spared }: FuzzOptions): Promise<FuzzResult> {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation, name: `${method} ${path}` })),
  );
  const mistakeOf = answersOf(document);
  const ids = createKnownIds(spared);
  const faults: Fault[] = [];
  const asked = new Map(operations.map(({ name }) => [name, { requests: 0, done: 0 }]));

  for (let n = 0; n < requests && faults.length < MAX_FAULTS; n++) {
    const turn = operations[n % operations.length];
    if (turn === undefined) break;
    const { path, method, operation, name } = turn;
    const [wanted] = fc.sample(requestOf(path, operation, ids), { seed: seed + n, numRuns: 1 });
    if (wanted === undefined) continue;
    const target = addressOf(path, wanted);
    const headers = new Headers({ authorization: `Bearer ${key}` });
    for (const [header, value] of Object.entries(wanted.headers)) headers.set(header, value);
    const [media] = Object.keys(operation.requestBody?.content ?? {});
    const body = media === undefined ? null : bodyOf(media, wanted.body);
    if (media !== undefined) headers.set('content-type', media);
    const request = `#${n} ${method.toUpperCase()} ${target} ${body ?? ''}`.slice(0, 1_000);
    const answer = await ask(url + target, { method: method.toUpperCase(), headers, body });
    if (typeof answer === 'string') {
      faults.push({ request, reason: answer });
      continue;
    }
    const counted = asked.get(name);
    if (counted !== undefined) {
      counted.requests++;
      if (answer.status < 400) counted.done++;
    }
    const mistake = mistakeOf(name, operation, answer);
    if (mistake !== null) faults.push({ request, reason: mistake });
    else if (answer.status < 400) ids.remember(path, answer.text);
  }
  return { faults, asked };
}

interface Answer {
  readonly status: number;
  /** Without its parameters. */
  readonly type: string;
  readonly text: string;
}

/** What is answered; why nothing is, where that is so. */
async function ask(url: string, request: RequestInit): Promise<Answer | string> {
  try {
    const response = await fetch(url, { ...request, redirect: 'manual', signal: AbortSignal.timeout(ANSWER_MS) });
    const type = response.headers.get('content-type')?.split(';', 1)[0] ?? '';
    return { status: response.status, type, text: await response.text() };
  } catch (error) {
    return `no answer: ${String(error)}`;
  }
}

type Fields = Record<string, unknown>;

interface WantedRequest {
  path: Fields;
  query: Fields;
  headers: Record<string, string>;
  body: unknown;
}

function requestOf(path: string, operation: Operation, ids: KnownIds): fc.Arbitrary<WantedRequest> {
  const fieldsOf = (place: Parameter['in'], valueOf: (parameter: Parameter) => fc.Arbitrary<unknown>): fc.Arbitrary<Fields> => {
    const found = operation.parameters.filter((parameter) => parameter.in === place);
    return recordOf(
      found.map((parameter) => [parameter.name, valueOf(parameter), eighthsOf(parameter.required, place === 'header')]),
    );
  };
  const known = (name: string) => ids.of(path, name);
  const bodiesOf = (schema: Schema, example: unknown) => {
    const anything = arbitraryOf(schema, known);
    return example === undefined ? anything : fc.oneof(withIds(example, known), anything);
  };
  const header = fc.oneof(
    { arbitrary: fc.constant('*'), weight: 6 },
    fc.constantFrom('"1"', '"2"', 'W/"1"', 'x', 'same-key', 'x'.repeat(300)),
  );
  const [content] = Object.values(operation.requestBody?.content ?? {});
  return fc.record({
    // An id that exists is what a path leads anywhere by.
    path: fieldsOf('path', ({ name, schema }) => {
      const found = known(name);
      const anything = arbitraryOf(schema, known, name);
      return found.length === 0 ? anything : fc.oneof({ arbitrary: fc.constantFrom(...found), weight: 7 }, anything);
    }),
    query: sometimesBroken(fieldsOf('query', ({ name, schema }) => arbitraryOf(schema, known, name))).map((value) =>
      isObject(value) ? value : {},
    ),
    headers: fieldsOf('header', () => header) as fc.Arbitrary<Record<string, string>>,
    body: content?.schema === undefined ? fc.constant(undefined) : sometimesBroken(bodiesOf(content.schema, content.example)),
  });
}

function addressOf(path: string, wanted: WantedRequest): string {
  const filled = path.replaceAll(
    /\{(\w+)\}/g,
    (_all, name: string) => encodeURIComponent(textOf(wanted.path[name]).toWellFormed()) || 'x',
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(wanted.query)) {
    for (const each of Array.isArray(value) ? (value as unknown[]) : [value]) query.append(name, textOf(each));
  }
  return query.size === 0 ? filled : `${filled}?${query.toString()}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function bodyOf(media: string, value: unknown): string {
  return media === 'application/json' ? (JSON.stringify(value) ?? 'null') : textOf(value);
}

/** Says what is wrong with an answer; null where nothing is. */
function answersOf(document: ApiDocument) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: false });
  const problem = ajv.compile(document.components.schemas['Problem'] ?? {});
  const compiled = new Map<string, ValidateFunction>();

  return (name: string, operation: Operation, { status, type, text }: Answer): string | null => {
    if (status >= 500) return `${status} ${text.slice(0, 500)}`;
    if (status >= 400) {
      if (type !== 'application/problem+json') return `${status} of type ${type}`;
      return problem(JSON.parse(text)) ? null : `a problem outside its schema: ${text.slice(0, 500)}`;
    }
    const described = operation.responses[String(status)];
    if (described === undefined) return `the status ${status} is not described`;
    if (described.content === undefined) return text === '' ? null : `a body where none is described: ${text.slice(0, 200)}`;
    const content = described.content[type];
    if (content === undefined) return `the type ${type} is not described`;
    if (content.schema === undefined || type !== 'application/json') return null;
    const validate = compiled.get(name) ?? ajv.compile(content.schema);
    compiled.set(name, validate);
    return validate(JSON.parse(text)) ? null : `${ajv.errorsText(validate.errors)}: ${text.slice(0, 500)}`;
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
