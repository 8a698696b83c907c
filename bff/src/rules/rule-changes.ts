import { ruleSchema, type Rule } from '@fleetbeat/contracts/rules.ts';
import { changesBetween, recordChange, type Actor } from '@fleetbeat/infra/audit/record-change.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Change } from '../http/change.ts';
import type { Precondition } from '../http/if-match.ts';
import { mergePatch } from '../http/merge-patch.ts';

/** Who changes a rule, and in which request. */
export interface Asker {
  readonly actor: Actor;
  readonly requestId: string;
}

/** Rules of an installation at most; the processors evaluate no more. */
const MAX_RULES = 1_000;
/** Postgres' code for a value that must be there once only. */
const UNIQUE_VIOLATION = '23505';

/** Changes rules, each together with its entry in the audit log. What changes is seen by the next evaluation. Throws problems. */
export function createRuleChanges(change: Change) {
  async function create(asker: Asker, rule: Rule): Promise<string> {
    return change('rules.create', async (transaction) => {
      const { rows: counted } = await transaction.query<{ rules: number }>(
        'select count(*) as rules from alert_rules where deleted_at is null',
      );
      if ((counted[0]?.rules ?? 0) >= MAX_RULES) {
        throw new HttpProblem(409, 'too-many-rules', `there are ${MAX_RULES} rules already: delete one, or let one watch more`);
      }
      const { rows } = await nameTaken(rule, () =>
        transaction.query<{ id: string }>('insert into alert_rules (definition, updated_by) values ($1, $2) returning id', [
          rule,
          asker.actor.id,
        ]),
      );
      const id = rows[0]?.id ?? '';
      await record(transaction, asker, 'created', id, null, rule);
      return id;
    });
  }

  async function update(asker: Asker, ruleId: string, patch: unknown, precondition: Precondition | null): Promise<void> {
    await change('rules.update', async (transaction) => {
      const { definition, version } = await lock(transaction, ruleId);
      precondition?.(version);
      const rule = parseRule(mergePatch(definition, patch));
      await nameTaken(rule, () =>
        transaction.query(
          `update alert_rules set definition = $2, version = version + 1, updated_at = clock_timestamp(), updated_by = $3 where id = $1`,
          [ruleId, rule, asker.actor.id],
        ),
      );
      await record(transaction, asker, 'updated', ruleId, definition, rule);
    });
  }

  async function remove(asker: Asker, ruleId: string, precondition: Precondition | null): Promise<void> {
    await change('rules.delete', async (transaction) => {
      const { definition, version } = await lock(transaction, ruleId);
      precondition?.(version);
      await transaction.query(
        `update alert_rules set deleted_at = clock_timestamp(), updated_at = clock_timestamp(), updated_by = $2 where id = $1`,
        [ruleId, asker.actor.id],
      );
      await record(transaction, asker, 'deleted', ruleId, definition, null);
    });
  }

  return { create, update, remove };
}
export type RuleChanges = ReturnType<typeof createRuleChanges>;

export function unknownRule(): HttpProblem {
  return new HttpProblem(404, 'unknown-rule', 'there is no rule of this id');
}

async function lock(transaction: Transaction, ruleId: string): Promise<{ definition: Rule; version: number }> {
  const { rows } = await transaction.query<{ definition: Rule; version: number }>(
    'select definition, version from alert_rules where id = $1 and deleted_at is null for update',
    [ruleId],
  );
  const [row] = rows;
  if (row === undefined) throw unknownRule();
  return row;
}

/** Throws the problem `invalid-body`, which names the place of every mistake. */
function parseRule(input: unknown): Rule {
  const parsed = ruleSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.slice(0, 5).map(({ path, message }) => {
    return path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`;
  });
  throw new HttpProblem(400, 'invalid-body', mistakes.join('; '));
}

async function nameTaken<T>({ name }: Rule, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION) {
      throw new HttpProblem(409, 'rule-exists', `there is a rule of the name ${name} already`);
    }
    throw error;
  }
}

async function record(
  transaction: Transaction,
  { actor, requestId }: Asker,
  action: 'created' | 'updated' | 'deleted',
  entityId: string,
  before: Rule | null,
  after: Rule | null,
): Promise<void> {
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const changes = changesBetween<Record<string, unknown>>(before, after, fields);
  await recordChange(transaction, { entityType: 'rule', entityId, action, actor, changes, requestId });
}
