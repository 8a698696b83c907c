import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Router, text, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { WatchedRedaction } from '@fleetbeat/infra/redaction/watch-redaction.ts';
import { whoSent } from '../access/authenticated.ts';
import { parseInput } from './parse-input.ts';
import { NOBODY, type Route } from './route.ts';
import { refuseUnknownParameters } from './unknown-parameters.ts';

/** What a client may send as text. */
const MAX_TEXT = '1mb';

/** What guards a route: rejects with a problem where the caller may not call it. */
export type Guard = (request: Request, route: Route) => Promise<void>;

type CurrentRedaction = Pick<WatchedRedaction, 'current'>;

/** A router with every route of the table, guarded, validated and redacted. A path of the table with another method answers 405. */
export function mountRoutes(routes: readonly Route[], guard: Guard, redaction: CurrentRedaction): Router {
  const router = Router({ caseSensitive: true });
  const methods = new Map<string, string[]>();
  for (const route of routes) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
    router[route.method](path, handlerOf(route, guard, redaction));
    methods.set(path, [...(methods.get(path) ?? []), route.method.toUpperCase()]);
  }
  for (const [path, allowed] of methods) router.all(path, refuseMethod(allowed));
  return router;
}

function handlerOf(route: Route, guard: Guard, redaction: CurrentRedaction): RequestHandler {
  return async (request, response) => {
    response.locals['route'] = route.path;
    await guard(request, route);
    // Clients announce even a body that is not there (`content-length: 0`), which is of no type.
    const hasBody = request.headers['content-length'] !== '0';
    const media = route.bodyMedia ?? 'application/json';
    if (route.body !== undefined && hasBody && request.is(media) === false) {
      throw new HttpProblem(415, 'unsupported-media-type', `the body must be ${media}`);
    }
    if (route.bodyMedia !== undefined) await takeText(request, response);
    const body = parsed(route.body, request.body, 'body');
    refuseUnknownParameters(route, request.query);
    const call = {
      query: parsed(route.query, request.query, 'query'),
      params: parsed(route.params, request.params, 'path'),
      body: redaction.current?.written(body, route.texts) ?? body,
      caller: whoSent(request)?.caller ?? NOBODY,
      request,
      response,
    };
    const answer = await route.run(call);
    if (route.answer === undefined) response.status(route.status).end();
    else if (answer instanceof Readable)
      await sendStream(answer, response.status(route.status).type(route.media ?? 'text/plain'));
    else if (route.media !== undefined) response.status(route.status).type(route.media).send(answer);
    else response.status(route.status).json(answer);
  };
}

/** What fails or is given up half-way breaks off, so that nobody takes it for all. */
async function sendStream(answer: Readable, response: Response): Promise<void> {
  try {
    await pipeline(answer, response);
  } catch (error) {
    // Whoever asked has left.
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

const parseText = text({ type: () => true, limit: MAX_TEXT });

/** Puts the text of the body where JSON would be. */
async function takeText(request: Request, response: Response): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    parseText(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error(String(error)));
    });
  });
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
