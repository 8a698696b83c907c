import type { Request, Response } from 'express';
import * as z from 'zod';
import type { Caller } from '@fleetbeat/infra/access/scopes.ts';

/**
 * One row of the route table, from which both the router and the OpenAPI document are made, so that
 * they cannot differ.
 */

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
/** Who may call a route: anybody unasked, anybody (and the route is told who, if known), or whoever has the scope. */
export type Access = 'public' | 'anyone' | 'ingest' | 'read' | 'operate' | 'admin';

export interface Call<Query, Params, Body> {
  readonly query: Query;
  readonly params: Params;
  readonly body: Body;
  /** `NOBODY` where the route is open to anybody and the caller has not said who it is. */
  readonly caller: Caller;
  readonly request: Request;
  readonly response: Response;
}

/** Who calls without saying who. */
export const NOBODY: Caller = { id: 'nobody', name: 'nobody', scopes: [] };

export interface Route {
  readonly method: Method;
  /** As OpenAPI writes it: `/agents/{agent_id}`. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string | undefined;
  readonly access: Access;
  /** Headers that the handler reads, by name: what they are for. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: z.ZodObject | undefined;
  readonly params: z.ZodObject | undefined;
  readonly body: z.ZodType | undefined;
  /** Paths of the body to what people and agents write in their own words: redacted before the handler sees it, where that is on. */
  readonly texts: readonly string[];
  /** The media type of a body that is no JSON: the handler is given its text. */
  readonly bodyMedia: string | undefined;
  /** Undefined answers 204 without a body. */
  readonly answer: z.ZodType | undefined;
  /** The media type of an answer that is no JSON: the handler answers its text or bytes, or a stream of them. */
  readonly media: string | undefined;
  readonly status: number;
  readonly run: (call: Call<unknown, unknown, unknown>) => Promise<unknown>;
}

interface Definition<Query extends z.ZodObject, Params extends z.ZodObject, Body extends z.ZodType, Answer extends z.ZodType> {
  summary: string;
  description?: string;
  access?: Access;
  headers?: Readonly<Record<string, string>>;
  query?: Query;
  params?: Params;
  body?: Body;
  texts?: readonly string[];
  bodyMedia?: string;
  answer?: Answer;
  media?: string;
  status?: number;
}

type Handler<Query extends z.ZodType, Params extends z.ZodType, Body extends z.ZodType, Answer extends z.ZodType> = (
  call: Call<z.output<Query>, z.output<Params>, z.output<Body>>,
) => Promise<z.input<Answer>>;

/** Declares a route. Without `access` the scope `read` is needed. */
export function route<
  Query extends z.ZodObject = z.ZodObject,
  Params extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodUndefined,
  Answer extends z.ZodType = z.ZodVoid,
>(
  method: Method,
  path: string,
  definition: Definition<Query, Params, Body, Answer>,
  handler: Handler<Query, Params, Body, Answer>,
): Route {
  return {
    method,
    path,
    summary: definition.summary,
    description: definition.description,
    access: definition.access ?? 'read',
    headers: definition.headers ?? {},
    query: definition.query,
    params: definition.params,
    body: definition.body,
    texts: definition.texts ?? [],
    bodyMedia: definition.bodyMedia,
    answer: definition.answer,
    media: definition.media,
    status: definition.status ?? (definition.answer === undefined ? 204 : 200),
    // The router parses query, params and body by these very schemas before it calls.
    run: handler as Route['run'],
  };
}
