import type { Matcher } from '@fleetbeat/contracts/routing.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { patternMistake } from '@fleetbeat/infra/routing/matchers.ts';
import { mistakeAt } from './definition-changes.ts';

/** What a definition names must be there. Each throws the problem `invalid-body`, which names the place. */

/** An id that a definition names, and where: `steps.0.targets.1.id`. */
export interface Reference {
  readonly place: string;
  readonly id: string;
}

type Referable = 'channel' | 'user' | 'schedule' | 'escalation' | 'route';

const KNOWN: Readonly<Record<Referable, string>> = {
  channel: 'select id from channels where id = any($1) and deleted_at is null',
  user: 'select id from users where id = any($1) and disabled_at is null',
  schedule: `select id from alerting_definitions where kind = 'schedule' and id = any($1)`,
  escalation: `select id from alerting_definitions where kind = 'escalation' and id = any($1)`,
  route: `select id from alerting_definitions where kind = 'route' and id = any($1)`,
};

export async function needKnown(transaction: Transaction, what: Referable, references: readonly Reference[]): Promise<void> {
  if (references.length === 0) return;
  const { rows } = await transaction.query<{ id: string }>(KNOWN[what], [[...new Set(references.map(({ id }) => id))]]);
  const known = new Set(rows.map(({ id }) => id));
  const missing = references.filter(({ id }) => !known.has(id));
  if (missing.length === 0) return;
  const mistakes = missing.slice(0, 5).map(({ place, id }) => `${place}: there is no ${what} ${JSON.stringify(id)}`);
  throw new HttpProblem(400, 'invalid-body', mistakes.join('; '));
}

/** Patterns of matchers must be ones that can be matched in bounded time. */
export function needPatterns(place: string, matchers: readonly Matcher[]): void {
  for (const [i, { op, value }] of matchers.entries()) {
    const mistake = op === '=~' || op === '!~' ? patternMistake(value) : undefined;
    if (mistake !== undefined) throw mistakeAt(`${place}.${i}.value`, mistake);
  }
}

/** Throws the problem `in-use` where a definition of a kind names the id in a way that `containing` finds. */
export async function needUnused(
  transaction: Transaction,
  by: { kind: 'route' | 'escalation'; containing: object },
): Promise<void> {
  const { rows } = await transaction.query<{ name: string }>(
    `select definition ->> 'name' as name from alerting_definitions where kind = $1 and definition @> $2::jsonb order by 1 limit 1`,
    [by.kind, JSON.stringify(by.containing)],
  );
  const [user] = rows;
  if (user !== undefined) throw new HttpProblem(409, 'in-use', `the ${by.kind} ${user.name} needs it`);
}
