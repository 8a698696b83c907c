import * as z from 'zod';
import { route, type Route } from '../http/route.ts';
import { openApiDocument } from './document.ts';

/** The document of a table of routes, this one included. */
export function withOpenApi(routes: readonly Route[], basePath: string): Route[] {
  const answer = z.looseObject({ openapi: z.literal('3.1.0') });
  const all: Route[] = [
    ...routes,
    route('get', '/openapi.json', { summary: 'This document', answer }, async () => document as z.infer<typeof answer>),
  ];
  const document = openApiDocument(all, basePath);
  return all;
}
