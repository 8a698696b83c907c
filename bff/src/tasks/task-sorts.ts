import * as z from 'zod';

/** The orders in which tasks are listed; ties go by id. */

const number = z.number().int();

/** The place of a task's priority among `TASK_PRIORITIES`, as the indexes have it. */
export const PRIORITY_RANK = `(case priority when 'high' then 0 when 'medium' then 1 else 2 end)`;

export const TASK_SORTS = {
  created_at: { expression: 'created_at', direction: 'desc', position: number },
  updated_at: { expression: 'updated_at', direction: 'desc', position: number },
  // Without a due date: last. The largest number that comes back from the database as one.
  due_date: { expression: `coalesce(due_date, ${Number.MAX_SAFE_INTEGER})`, direction: 'asc', position: number },
  priority: { expression: PRIORITY_RANK, direction: 'asc', position: number },
  name: { expression: `coalesce(name, '')`, direction: 'asc', position: z.string() },
} as const satisfies Record<string, { expression: string; direction: 'asc' | 'desc'; position: z.ZodType }>;

export type TaskSort = keyof typeof TASK_SORTS;
export const TASK_SORT_NAMES = Object.keys(TASK_SORTS) as [TaskSort, ...TaskSort[]];
