import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { BODY_EXAMPLES } from './body-examples.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

/** As much of OpenAPI 3.1 as we use; its own schema is larger than all of ours together. */
const schemaObject = z.record(z.string(), z.unknown());
const content = z.record(z.string(), z.strictObject({ schema: schemaObject, example: z.unknown().optional() }));
const operation = z.strictObject({
  operationId: z.string().regex(/^[a-z][A-Za-z0-9]+$/),
  summary: z.string().min(3),
  description: z.string().optional(),
  tags: z.array(z.string()).length(1),
  security: z.array(z.never()).optional(),
  'x-scope': z.string().optional(),
  parameters: z.array(
    z.strictObject({
      name: z.string(),
      in: z.enum(['path', 'query', 'header']),
      required: z.boolean(),
      description: z.string().optional(),
      schema: schemaObject,
    }),
  ),
  requestBody: z.strictObject({ required: z.literal(true), content }).optional(),
  responses: z.record(
    z.string().regex(/^([23]\d\d|default)$/),
    z.union([z.strictObject({ description: z.string(), content: content.optional() }), z.strictObject({ $ref: z.string() })]),
  ),
});
const documentSchema = z.looseObject({
  openapi: z.literal('3.1.0'),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(
    z.string().startsWith('/api/v1/'),
    z.partialRecord(z.enum(['get', 'post', 'put', 'patch', 'delete']), operation),
  ),
  components: z.looseObject({ schemas: z.record(z.string(), schemaObject) }),
});

let bff: TestBff;
beforeAll(async () => {
  bff = await startTestBff();
});
afterAll(() => bff.stop());

it('the document describes every route, and only those', async () => {
  const document = documentSchema.parse(await (await bff.get('/openapi.json')).json());
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(described.sort()).toEqual(bff.routes.map(({ method, path }) => `${method} /api/v1${path}`).sort());

  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).flatMap((found) => (found === undefined ? [] : [{ path, ...found }])),
  );
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  for (const { path, parameters } of operations) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(parameters.filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(inPath);
  }
});

it('gives examples that are taken', () => {
  const routes = new Map(bff.routes.map((route) => [`${route.method} ${route.path}`, route]));
  const mistakes = Object.entries(BODY_EXAMPLES).flatMap(([name, example]) => {
    const parsed = routes.get(name)?.body?.safeParse(example);
    if (parsed === undefined) return `${name}: no such route, or none with a body`;
    return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${name}: ${path.join('.')} ${message}`);
  });
  expect(mistakes).toEqual([]);
});

it('points only to what is there', async () => {
  const text = await (await bff.get('/openapi.json')).text();
  const document: unknown = JSON.parse(text);
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference ?? '');
  expect(references.length).toBeGreaterThan(0);
  for (const reference of references) {
    const target = reference
      .replace('#/', '')
      .split('/')
      .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);
    expect([reference, target !== undefined]).toEqual([reference, true]);
  }
});
