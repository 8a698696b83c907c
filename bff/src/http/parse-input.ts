import type * as z from 'zod';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';

/** Mistakes that are told at once; the sentence names the first five. */
const MAX_MISTAKES = 50;

/** In our words: the library would say what it expected and that it received undefined. */
const sayMissing: z.core.$ZodErrorMap = ({ code, input }) =>
  input === undefined && code !== 'custom' ? 'is missing' : undefined;

/** What somebody sent, by its schema. Throws the problem `invalid-<place>`, which names the mistakes and where they are. */
export function parseInput<T extends z.ZodType>(
  schema: T,
  value: unknown,
  place: 'query' | 'path' | 'body',
  within: readonly string[] = [],
): z.output<T> {
  const result = schema.safeParse(value, { error: sayMissing });
  if (result.success) return result.data;
  const mistakes = result.error.issues.slice(0, MAX_MISTAKES).map(({ path, message }) => {
    return { path: [...within, ...path.map(String)].join('.'), message };
  });
  const reasons = mistakes.slice(0, 5).map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  throw new HttpProblem(400, `invalid-${place}`, reasons.join('; '), {}, { mistakes });
}
