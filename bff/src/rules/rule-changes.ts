import { ruleSchema, type Rule, type RulesImported } from '@fleetbeat/contracts/rules.ts';
import { changesBetween, recordChange, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { writeUnique } from '@fleetbeat/infra/database/unique-violation.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Change } from '../http/change.ts';
import type { Precondition } from '../http/if-match.ts';
import { mergePatch } from '../http/merge-patch.ts';
import { parseInput } from '../http/parse-input.ts';

/** Rules of an installation at most; the processors evaluate no more. */
const MAX_RULES = 1_000;

/** Changes rules, each together with its entry in the audit log. What changes is seen by the next evaluation. Throws problems. */
export function createRuleChanges(change: Change) {
  async function create(asker: Asker, rule: Rule): Promise<string> {
    return change('rules.create', async (transaction) => {
      await refuseTooMany(transaction, 1);
      return insert(transaction, asker, rule);
    });
  }

  async function update(asker: Asker, ruleId: string, patch: unknown, precondition: Precondition | null): Promise<void> {
    await change('rules.update', async (transaction) => {
      const { definition, version } = await lock(transaction, ruleId);
      precondition?.(version);
      const rule = parseInput(ruleSchema, mergePatch(definition, patch), 'body');
      await replace(transaction, asker, ruleId, definition, rule);
    });
  }

  /**
   * Brings the rules of a file in, all or none: by their names (whatever their case) they are new, changed, or as they
   * were. Rules that are not in the file stay. `dryRun` only tells what would be done.
   */
  async function importAll(asker: Asker, rules: readonly Rule[], dryRun: boolean): Promise<RulesImported> {
    return change('rules.import', async (transaction) => {
      const { rows } = await transaction.query<{ id: string; name: string; definition: Rule; same: boolean }>(
        `select r.id, given.name, r.definition, r.definition = given.definition as same
         from unnest($1::text[], $2::jsonb[]) as given (name, definition)
         join alert_rules r on lower(r.definition ->> 'name') = lower(given.name) and r.deleted_at is null
         order by r.id for update of r`,
        [rules.map(({ name }) => name), rules.map((rule) => JSON.stringify(rule))],
      );
      const known = new Map(rows.map((row) => [row.name, row]));
      const done = { dry_run: dryRun, created: [] as string[], updated: [] as string[], unchanged: [] as string[] };
      for (const rule of rules) {
        const before = known.get(rule.name);
        if (before === undefined) done.created.push(rule.name);
        else (before.same ? done.unchanged : done.updated).push(rule.name);
      }
      await refuseTooMany(transaction, done.created.length);
      if (dryRun) return done;
      for (const rule of rules) {
        const before = known.get(rule.name);
        if (before === undefined) await insert(transaction, asker, rule);
        else if (!before.same) await replace(transaction, asker, before.id, before.definition, rule);
      }
      return done;
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

  return { create, update, remove, importAll };
}
export type RuleChanges = ReturnType<typeof createRuleChanges>;

async function refuseTooMany(transaction: Transaction, added: number): Promise<void> {
  const { rows } = await transaction.query<{ rules: number }>(
    'select count(*) as rules from alert_rules where deleted_at is null',
  );
  if (added > 0 && (rows[0]?.rules ?? 0) + added > MAX_RULES) {
    throw new HttpProblem(409, 'too-many-rules', `there may be ${MAX_RULES} rules: delete one, or let one watch more`);
  }
}

async function insert(transaction: Transaction, asker: Asker, rule: Rule): Promise<string> {
  const { rows } = await nameTaken(rule, () =>
    transaction.query<{ id: string }>('insert into alert_rules (definition, updated_by) values ($1, $2) returning id', [
      rule,
      asker.actor.id,
    ]),
  );
  const id = rows[0]?.id ?? '';
  await record(transaction, asker, 'created', id, null, rule);
  return id;
}

async function replace(transaction: Transaction, asker: Asker, ruleId: string, before: Rule, rule: Rule): Promise<void> {
  await nameTaken(rule, () =>
    transaction.query(
      `update alert_rules set definition = $2, version = version + 1, updated_at = clock_timestamp(), updated_by = $3 where id = $1`,
      [ruleId, rule, asker.actor.id],
    ),
  );
  await record(transaction, asker, 'updated', ruleId, before, rule);
}

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

async function nameTaken<T>({ name }: Rule, write: () => Promise<T>): Promise<T> {
  return writeUnique(write, () => new HttpProblem(409, 'rule-exists', `there is a rule of the name ${name} already`));
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
