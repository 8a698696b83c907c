import * as z from 'zod';
import { problemSchema } from '@fleetbeat/contracts/api.ts';
import type { Route } from '../http/route.ts';
import { BODY_EXAMPLES } from './body-examples.ts';

/** The OpenAPI 3.1 document of a route table, whose paths are mounted under `basePath`. */
export function openApiDocument(routes: readonly Route[], basePath: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) (paths[`${basePath}${route.path}`] ??= {})[route.method] = operation(route);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Fleetbeat',
      version: '1',
      description:
        'What a fleet of AI agents and hosts is doing. Times are epoch milliseconds; ranges are rounded outward to windows and ' +
        'echoed; lists are paged by `cursor`; errors are RFC 9457 problems whose `type` ends in a code.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key, or a token (JWT) of the configured issuer' },
        session: { type: 'apiKey', in: 'cookie', name: 'fleetbeat_session', description: 'A session of the dashboard' },
      },
      schemas: { Problem: jsonSchema(problemSchema, 'output') },
      responses: {
        Problem: {
          description: 'An error',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  };
}

function operation(route: Route): Record<string, unknown> {
  const open = route.access === 'public' || route.access === 'anyone';
  return {
    operationId: operationId(route),
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: [route.path.split('/')[1] ?? ''],
    ...(open ? { security: [] } : { 'x-scope': route.access }),
    parameters: [...parameters(route.params, 'path'), ...parameters(route.query, 'query'), ...headerParameters(route)],
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              [route.bodyMedia ?? 'application/json']: { schema: jsonSchema(route.body, 'input'), ...exampleOf(route) },
            },
          },
        }),
    responses: {
      [String(route.status)]:
        route.answer === undefined
          ? { description: 'Done' }
          : {
              description: 'The answer',
              content: { [route.media ?? 'application/json']: { schema: jsonSchema(route.answer, 'output') } },
            },
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

function exampleOf(route: Route): { example?: unknown } {
  const example = BODY_EXAMPLES[`${route.method} ${route.path}`];
  return example === undefined ? {} : { example };
}

function parameters(fields: z.ZodObject | undefined, place: 'path' | 'query'): unknown[] {
  if (fields === undefined) return [];
  const { properties = {}, required = [] } = jsonSchema(fields, 'input') as {
    properties?: Record<string, Record<string, unknown>>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

function headerParameters({ headers }: Route): unknown[] {
  return Object.entries(headers).map(([name, description]) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  }));
}

/** `getAgentsByAgentIdMetrics` for `GET /agents/{agent_id}/metrics`. */
function operationId(route: Route): string {
  const words = route.path.replaceAll(/\{(\w+)\}/g, 'by_$1').split(/[^A-Za-z0-9]+/);
  return route.method + words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, ...content } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return content;
}
