import { randomUUID } from 'node:crypto';
import { changesBetween, recordChange, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { writeUnique } from '@fleetbeat/infra/database/unique-violation.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Change } from '../http/change.ts';
import type { Precondition } from '../http/if-match.ts';

/** Changes of what people define: routes, inhibitions, silences, schedules and escalations, which are kept alike. */

export type DefinitionKind = 'route' | 'inhibition' | 'silence' | 'schedule' | 'escalation';

/** What is particular to one kind of definition. */
export interface DefinitionRules<Input, Kept extends object> {
  readonly kind: DefinitionKind;
  /** Definitions of this kind at most. */
  readonly most: number;
  /** What is kept of what was sent; `before` is null where it is new. Throws problems that name the place. */
  accept(transaction: Transaction, id: string, input: Input, before: Kept | null, now: number): Promise<Kept>;
  /** Throws a problem where something else needs it. */
  mayGo(transaction: Transaction, id: string): Promise<void>;
}

/** One writer at a time: what one checks another must not take away meanwhile. */
const DEFINITIONS_LOCK = 2_914_460_873;

/** Each change is one transaction with its entry in the audit log, and counts from the next decision on. Throws problems. */
export function createDefinitionChanges<Input, Kept extends object>(
  change: Change,
  now: () => number,
  rules: DefinitionRules<Input, Kept>,
) {
  const { kind, most } = rules;

  async function create(asker: Asker, input: Input): Promise<string> {
    return change(`${kind}s.create`, async (transaction) => {
      await lockAll(transaction);
      const { rows } = await transaction.query<{ there: number }>(
        'select count(*) as there from alerting_definitions where kind = $1',
        [kind],
      );
      if ((rows[0]?.there ?? 0) >= most)
        throw new HttpProblem(409, `too-many-${kind}s`, `there are ${most} ${kind}s already: delete one`);
      const id = randomUUID();
      const at = now();
      const kept = await rules.accept(transaction, id, input, null, at);
      await nameTaken(kind, () =>
        transaction.query(
          `insert into alerting_definitions (kind, id, definition, created_at, created_by, updated_at, updated_by)
           values ($1, $2, $3, $4, $5, $4, $5)`,
          [kind, id, kept, at, asker.actor.id],
        ),
      );
      await record(transaction, asker, 'created', id, null, kept);
      return id;
    });
  }

  async function replace(asker: Asker, id: string, input: Input, precondition: Precondition | null): Promise<void> {
    await change(`${kind}s.update`, async (transaction) => {
      await lockAll(transaction);
      const { definition, version } = await find(transaction, id);
      precondition?.(version);
      const at = now();
      const kept = await rules.accept(transaction, id, input, definition, at);
      await nameTaken(kind, () => write(transaction, asker, id, kept, at));
      await record(transaction, asker, 'updated', id, definition, kept);
    });
  }

  /** Deletes a definition, or keeps what `instead` makes of it. */
  async function remove(
    asker: Asker,
    id: string,
    precondition: Precondition | null,
    instead: (kept: Kept, at: number) => Kept | null = () => null,
  ): Promise<void> {
    await change(`${kind}s.delete`, async (transaction) => {
      await lockAll(transaction);
      const { definition, version } = await find(transaction, id);
      precondition?.(version);
      await rules.mayGo(transaction, id);
      const at = now();
      const left = instead(definition, at);
      if (left === null) await transaction.query('delete from alerting_definitions where kind = $1 and id = $2', [kind, id]);
      else await write(transaction, asker, id, left, at);
      await record(transaction, asker, 'deleted', id, definition, left);
    });
  }

  async function find(transaction: Transaction, id: string): Promise<{ definition: Kept; version: number }> {
    const { rows } = await transaction.query<{ definition: Kept; version: number }>(
      'select definition, version from alerting_definitions where kind = $1 and id = $2 for update',
      [kind, id],
    );
    const [row] = rows;
    if (row === undefined) throw unknownDefinition(kind);
    return row;
  }

  async function write(transaction: Transaction, asker: Asker, id: string, kept: Kept, at: number): Promise<void> {
    await transaction.query(
      `update alerting_definitions set definition = $3, version = version + 1, updated_at = $4, updated_by = $5
       where kind = $1 and id = $2`,
      [kind, id, kept, at, asker.actor.id],
    );
  }

  async function record(
    transaction: Transaction,
    { actor, requestId }: Asker,
    action: 'created' | 'updated' | 'deleted',
    entityId: string,
    before: Kept | null,
    after: Kept | null,
  ): Promise<void> {
    const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
    const changes = changesBetween<Record<string, unknown>>(asRecord(before), asRecord(after), fields);
    await recordChange(transaction, { entityType: kind, entityId, action, actor, changes, requestId });
  }

  return { create, replace, remove };
}
export type DefinitionChanges<Input, Kept extends object> = ReturnType<typeof createDefinitionChanges<Input, Kept>>;

export function unknownDefinition(kind: DefinitionKind): HttpProblem {
  return new HttpProblem(404, `unknown-${kind}`, `there is no ${kind} of this id`);
}

/** A mistake of a body, with its place. */
export function mistakeAt(place: string, message: string): HttpProblem {
  return new HttpProblem(400, 'invalid-body', `${place}: ${message}`);
}

function asRecord(definition: object | null): Record<string, unknown> | null {
  return definition === null ? null : { ...definition };
}

async function lockAll(transaction: Transaction): Promise<void> {
  await transaction.query('select pg_advisory_xact_lock($1)', [DEFINITIONS_LOCK]);
}

async function nameTaken<T>(kind: DefinitionKind, write: () => Promise<T>): Promise<T> {
  return writeUnique(write, () => new HttpProblem(409, `${kind}-exists`, `there is a ${kind} of this name already`));
}
