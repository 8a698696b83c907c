import { Router, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import type * as z from 'zod';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { whoSent } from '../access/authenticated.ts';
import { parseInput } from './parse-input.ts';
import { NOBODY, type Route } from './route.ts';

/** What guards a route: rejects with a problem where the caller may not call it. */
export type Guard = (request: Request, route: Route) => Promise<void>;

/** A router with every route of the table, guarded and validated. A path of the table with another method answers 405. */
export function mountRoutes(routes: readonly Route[], guard: Guard): Router {
  const router = Router({ caseSensitive: true });
  const methods = new Map<string, string[]>();
  for (const route of routes) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
    router[route.method](path, handlerOf(route, guard));
    methods.set(path, [...(methods.get(path) ?? []), route.method.toUpperCase()]);
  }
  for (const [path, allowed] of methods) router.all(path, refuseMethod(allowed));
  return router;
}

function handlerOf(route: Route, guard: Guard): RequestHandler {
  return async (request, response) => {
    response.locals['route'] = route.path;
    await guard(request, route);
    // Clients announce even a body that is not there (`content-length: 0`), which is of no type.
    const hasBody = request.headers['content-length'] !== '0';
    if (route.body !== undefined && hasBody && request.is('application/json') === false) {
      throw new HttpProblem(415, 'unsupported-media-type', 'the body must be application/json');
    }
    const call = {
      query: parsed(route.query, request.query, 'query'),
      params: parsed(route.params, request.params, 'path'),
      body: parsed(route.body, request.body, 'body'),
      caller: whoSent(request)?.caller ?? NOBODY,
      request,
      response,
    };
    const answer = await route.run(call);
    if (route.answer === undefined) response.status(route.status).end();
    else if (route.media !== undefined) response.status(route.status).type(route.media).send(answer);
    else response.status(route.status).json(answer);
  };
}

function refuseMethod(allowed: readonly string[]): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    response.locals['route'] = 'method-not-allowed';
    if (request.method === 'OPTIONS') return next();
    throw new HttpProblem(405, 'method-not-allowed', `${request.method} is not among ${allowed.join(', ')}`, {
      allow: allowed.join(', '),
    });
  };
}

function parsed(schema: Route['query'] | Route['body'], value: unknown, place: 'query' | 'path' | 'body'): unknown {
  return schema === undefined ? undefined : parseInput(schema, value ?? {}, place);
}
