import type { Response } from 'express';
import * as z from 'zod';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import type { Stored } from '@fleetbeat/contracts/routing.ts';
import { askerOf } from '../access/asker.ts';
import { pageFields } from '../http/cursor.ts';
import { etagOf, ifMatch } from '../http/if-match.ts';
import { route, type Route } from '../http/route.ts';
import { idField } from '../http/text-fields.ts';
import { unknownDefinition, type DefinitionChanges, type DefinitionKind } from './definition-changes.ts';
import type { DefinitionRows } from './definition-rows.ts';

export interface DefinitionRoutesParts<Body extends z.ZodType, Answer extends z.ZodType, Kept extends object> {
  readonly kind: DefinitionKind;
  readonly body: Body;
  readonly answer: Answer;
  readonly rows: DefinitionRows<Kept>;
  readonly changes: DefinitionChanges<z.output<Body>, Kept>;
  /** Adds to stored definitions what is worked out when they are read. */
  readonly present: (stored: readonly Stored<Kept>[]) => Promise<z.input<Answer>[]>;
  /** What is said of the list and of deleting. */
  readonly summaries: { readonly list: string; readonly remove: string };
  /** What is left of one that is deleted. */
  readonly instead?: ((kept: Kept, at: number) => Kept | null) | undefined;
}

/** The path of a kind's definitions. */
export function pathOf(kind: DefinitionKind): string {
  return `/${kind}s`;
}

/** List, add, read, replace and delete: the same for every kind of definition. */
export function definitionRoutes<Body extends z.ZodType, Answer extends z.ZodType, Kept extends object>(
  parts: DefinitionRoutesParts<Body, Answer, Kept>,
): Route[] {
  const { kind, body, rows, changes, present, summaries } = parts;
  const path = pathOf(kind);
  const one = `${path}/{${kind}_id}`;
  const params = z.object({ [`${kind}_id`]: idField });
  const headers = { 'If-Match': `The \`ETag\` of the ${kind} as you have read it; another than the newest is answered 412` };
  const answer: z.ZodType<unknown, unknown> = parts.answer;
  const idOf = (given: Record<string, string>): string => given[`${kind}_id`] ?? '';

  async function read(id: string, response: Response): Promise<unknown> {
    const stored = await rows.find(id);
    if (stored === null) throw unknownDefinition(kind);
    response.set('etag', etagOf(stored.version));
    return (await present([stored]))[0];
  }

  return [
    route(
      'get',
      path,
      { summary: summaries.list, query: z.object(pageFields), answer: listSchema(answer) },
      async ({ query }) => {
        const { items, next_cursor } = await rows.list(query);
        return { items: await present(items), next_cursor };
      },
    ),
    route(
      'post',
      path,
      { summary: `Add a ${kind}`, access: 'operate', body, answer, status: 201 },
      async ({ body: given, request, response }) => read(await changes.create(askerOf(request, response), given), response),
    ),
    route('get', one, { summary: `One ${kind}, with its ETag`, params, answer }, async ({ params: given, response }) =>
      read(idOf(given), response),
    ),
    route(
      'put',
      one,
      { summary: `Replace a ${kind}`, access: 'operate', headers, params, body, answer },
      async ({ params: given, body: definition, request, response }) => {
        await changes.replace(askerOf(request, response), idOf(given), definition, ifMatch(request));
        return read(idOf(given), response);
      },
    ),
    route(
      'delete',
      one,
      { summary: summaries.remove, access: 'operate', headers, params },
      async ({ params: given, request, response }) =>
        changes.remove(askerOf(request, response), idOf(given), ifMatch(request), parts.instead),
    ),
  ];
}
