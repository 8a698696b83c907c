import type * as z from 'zod';
import type { Mistake } from '../api/mistakes.ts';

/** What JSON was meant to be: whole enough for a form, or what is in the way. Pure. */
export type ReadDraft<T> = { readonly draft: T } | { readonly mistakes: readonly Mistake[] };

/** What no form can show: another type than expected, or a field that there is not. The rest stands at its field. */
const IN_THE_WAY: ReadonlySet<string> = new Set(['invalid_type', 'invalid_union', 'invalid_value', 'unrecognized_keys']);

/** Reads a value by a schema; `fill` gives what was left out its default, also where the schema finds other things wrong. */
export function readDraft<Schema extends z.ZodType, T>(
  schema: Schema,
  fill: (given: z.input<Schema>) => T,
  value: unknown,
): ReadDraft<T> {
  const { error } = schema.safeParse(value);
  const mistakes = (error?.issues ?? [])
    .filter(({ code }) => IN_THE_WAY.has(code))
    .map(({ path, message }) => ({ place: path.join('.'), message }));
  // What is in no one's way has the shape of the schema's input.
  return mistakes.length > 0 ? { mistakes } : { draft: fill(value as z.input<Schema>) };
}

/** The same for text. */
export function readDraftText<T>(text: string, read: (value: unknown) => ReadDraft<T>): ReadDraft<T> {
  try {
    return read(JSON.parse(text));
  } catch (error) {
    return { mistakes: [{ place: '', message: `This is not JSON: ${error instanceof Error ? error.message : String(error)}` }] };
  }
}
