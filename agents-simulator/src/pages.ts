import type * as z from 'zod';
import { listSchema, type List } from '@fleetbeat/contracts/api.ts';
import { ApiError, type Platform } from './platform.ts';

const PAGE = 500;

/** Every item of a list, page by page, in the list's order. `path` may have a query. */
export async function* pages<Item>(platform: Platform, path: string, item: z.ZodType<Item>): AsyncGenerator<Item> {
  const first = `${path}${path.includes('?') ? '&' : '?'}limit=${PAGE}`;
  for (let cursor = ''; ;) {
    const page: List<Item> | null = await platform.get(`${first}${cursor}`, listSchema(item));
    if (page === null) throw new ApiError(`GET ${path} answered 404`);
    yield* page.items;
    if (page.next_cursor === null) return;
    cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
  }
}
