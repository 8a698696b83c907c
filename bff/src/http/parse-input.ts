import type * as z from 'zod';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';

/** What somebody sent, by its schema. Throws the problem `invalid-<place>`, which names up to five mistakes and where they are. */
export function parseInput<T extends z.ZodType>(
  schema: T,
  value: unknown,
  place: 'query' | 'path' | 'body',
  within: readonly string[] = [],
): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const reasons = result.error.issues.slice(0, 5).map(({ path, message }) => {
    const where = [...within, ...path.map(String)].join('.');
    return where === '' ? message : `${where}: ${message}`;
  });
  throw new HttpProblem(400, `invalid-${place}`, reasons.join('; '));
}
