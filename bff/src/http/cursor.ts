import * as z from 'zod';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';

/**
 * Cursors of lists: where the next page starts, as an opaque string. A cursor carries nothing secret
 * and is validated like any other input.
 */

export function encodeCursor(position: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(position), 'utf8').toString('base64url');
}

/** The position in a cursor that a list of this schema gave out. Throws the problem `bad-cursor` for anything else. */
export function decodeCursor<T extends z.ZodType>(cursor: string, position: T): z.output<T> {
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    content = undefined;
  }
  const parsed = position.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new HttpProblem(400, 'bad-cursor', 'cursor is not one that this list gave out');
}

/** The query fields of a list. */
export const pageFields = {
  limit: z.coerce.number().int().min(1).max(500).default(50).describe('Items at most, 1 to 500'),
  cursor: z.string().max(2_048).optional().describe('`next_cursor` of the page before'),
};

/** A page out of one row more than asked for; `position` says where an item lies in the list's order. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  item: (row: Row) => Item,
  position: (row: Row) => readonly unknown[],
): { items: Item[]; next_cursor: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { items: page.map(item), next_cursor: rows.length > limit && last !== undefined ? encodeCursor(position(last)) : null };
}
