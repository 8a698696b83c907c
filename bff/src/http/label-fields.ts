import * as z from 'zod';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';

/** The query field that narrows an answer down to what carries labels. */

/** Names and values that must all be there; never empty. */
export type Labels = Readonly<Record<string, string>>;

const MAX_LABELS = 16;

const label = z
  .string()
  .max(400)
  // eslint-disable-next-line no-control-regex -- control characters are what is refused here
  .regex(/^[A-Za-z0-9_.-]{1,64}[=:][^\u0000-\u001f\u007f]*$/, 'must be name:value or name=value');

const field = z.union([label, z.array(label).max(MAX_LABELS, `at most ${MAX_LABELS} labels`)]).optional();

type LabelQuery = z.output<typeof field>;

/** The field `label`, and what it means for this answer. */
export function labelField(meaning: string): typeof field {
  return field.describe(`\`name:value\`; several must all be there. ${meaning}`);
}

/** The labels that a query asks for; null where it asks for none. Problem: `invalid-query` for two values of one name. */
export function labelsOf(query: LabelQuery): Labels | null {
  const labels: Record<string, string> = {};
  for (const text of [query ?? []].flat()) {
    const at = text.search(/[=:]/);
    const [name, value] = [text.slice(0, at), text.slice(at + 1)];
    if (Object.hasOwn(labels, name) && labels[name] !== value) {
      throw new HttpProblem(400, 'invalid-query', `label: nothing is both ${name}:${labels[name] ?? ''} and ${name}:${value}`);
    }
    labels[name] = value;
  }
  return Object.keys(labels).length === 0 ? null : labels;
}
