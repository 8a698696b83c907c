import { listSchema, type List } from '@fleetbeat/contracts/api.ts';
import type { Answer, ItemOf, NameOf, Place } from '@fleetbeat/contracts/client/client.ts';
import type * as z from 'zod';
import { ApiError, type Platform } from './platform.ts';

const PAGE = 500;
type ListName = { [Name in NameOf<'get'>]: Answer<Name> extends List<unknown> ? Name : never }[NameOf<'get'>];

/** Every item of a list, page by page, in the list's order. */
export async function* pages<Name extends ListName>(
  platform: Platform,
  name: Name,
  place: Place<Name>,
  item: z.ZodType<ItemOf<Name>>,
): AsyncGenerator<ItemOf<Name>> {
  const answer = listSchema(item) as unknown as z.ZodType<Answer<Name>>;
  for (let cursor: string | null = null; ;) {
    const { query } = place as { query?: object };
    const next = { ...place, query: { ...query, limit: PAGE, cursor } };
    const page = (await platform.get(name, next, answer)) as List<ItemOf<Name>> | null;
    if (page === null) throw new ApiError(`${name} answered 404`);
    yield* page.items;
    cursor = page.next_cursor;
    if (cursor === null) return;
  }
}
