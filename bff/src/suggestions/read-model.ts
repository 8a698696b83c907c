import * as z from 'zod';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { Suggestion, SuggestionStatus } from '@fleetbeat/contracts/suggestions.ts';
import { SUGGESTION_COLUMNS } from '@fleetbeat/infra/suggestions/suggestion-columns.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import { containsPattern, type ReadQuery } from '../http/read-query.ts';

export interface SuggestionFilter {
  /** Any of these; all where it is empty. */
  status: readonly SuggestionStatus[];
  agent_id?: string | undefined;
  action?: string | undefined;
  task_id?: string | undefined;
  q?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

const POSITION = z.tuple([z.string()]);

/** Reads suggestions, the newest first. */
export function createSuggestionsReadModel(query: ReadQuery) {
  async function list(filter: SuggestionFilter): Promise<List<Suggestion>> {
    const values: unknown[] = [];
    const place = (value: unknown) => `$${values.push(value)}`;
    const conditions = ['true'];
    if (filter.status.length > 0) conditions.push(`status = any(${place(filter.status)})`);
    for (const field of ['agent_id', 'action', 'task_id'] as const) {
      if (filter[field] !== undefined) conditions.push(`${field} = ${place(filter[field])}`);
    }
    if (filter.q !== undefined) {
      const pattern = place(containsPattern(filter.q));
      const fields = ['action', 'reasoning', 'agent_id', 'task_id', 'reason'];
      conditions.push(`(${fields.map((field) => `${field} ilike ${pattern}`).join(' or ')})`);
    }
    if (filter.cursor !== undefined) conditions.push(`id < ${place(decodeCursor(filter.cursor, POSITION)[0])}`);
    const rows = await query<Suggestion>(
      'suggestions.list',
      `select ${SUGGESTION_COLUMNS} from suggestions where ${conditions.join(' and ')} order by id desc limit ${place(filter.limit + 1)}`,
      values,
    );
    return pageOf(
      rows,
      filter.limit,
      (row) => row,
      (row) => [row.id],
    );
  }

  async function find(id: string): Promise<Suggestion | null> {
    const [row] = await query<Suggestion>('suggestions.find', `select ${SUGGESTION_COLUMNS} from suggestions where id = $1`, [
      id,
    ]);
    return row ?? null;
  }

  return { list, find };
}
export type SuggestionsReadModel = ReturnType<typeof createSuggestionsReadModel>;
