import type { Template, TemplateInput } from '@fleetbeat/contracts/workflows.ts';
import { changesBetween, recordChange, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Change } from '../http/change.ts';
import { once, type IdempotentRequest } from '../http/idempotency.ts';
import type { Precondition } from '../http/if-match.ts';
import { newId } from '../http/new-id.ts';
import { checkPlan } from './plan-tasks.ts';

export const TEMPLATE_COLUMNS = 'template_id, name, description, tasks, created_at, created_by, updated_at, revision';
const AUDITED = ['name', 'description', 'tasks'] as const;

/** Changes templates of workflows, each time together with its entry in the audit log. Throws problems. */
export function createTemplateChanges(change: Change, now: () => number) {
  async function create(asker: Asker, input: TemplateInput, request: IdempotentRequest | null): Promise<Template> {
    checkPlan(input.tasks);
    const { answer } = await change('templates.create', (transaction) =>
      once(transaction, request, async () => {
        const at = now();
        const { rows } = await transaction.query<Template>(
          `insert into workflow_templates (template_id, name, description, tasks, created_at, created_by, updated_at)
           values ($1, $2, $3, $4::jsonb, $5, $6, $5) returning ${TEMPLATE_COLUMNS}`,
          [newId(at), input.name, input.description, JSON.stringify(input.tasks), at, asker.actor.id],
        );
        const template = first(rows);
        await record(transaction, asker, 'created', null, template);
        return template;
      }),
    );
    return answer;
  }

  async function replace(asker: Asker, id: string, input: TemplateInput, precondition: Precondition): Promise<Template> {
    checkPlan(input.tasks);
    return change('templates.update', async (transaction) => {
      const before = await findTemplate(transaction, id, 'update');
      precondition(before.revision);
      const { rows } = await transaction.query<Template>(
        `update workflow_templates set name = $2, description = $3, tasks = $4::jsonb, updated_at = $5, revision = revision + 1
         where template_id = $1 returning ${TEMPLATE_COLUMNS}`,
        [id, input.name, input.description, JSON.stringify(input.tasks), now()],
      );
      const after = first(rows);
      await record(transaction, asker, 'updated', before, after);
      return after;
    });
  }

  /** Its runs stay. */
  async function remove(asker: Asker, id: string, precondition: Precondition | null): Promise<void> {
    await change('templates.delete', async (transaction) => {
      const before = await findTemplate(transaction, id, 'update');
      precondition?.(before.revision);
      await transaction.query('update workflow_templates set deleted_at = $2 where template_id = $1', [id, now()]);
      await record(transaction, asker, 'deleted', before, null);
    });
  }

  return { create, replace, remove };
}
export type TemplateChanges = ReturnType<typeof createTemplateChanges>;

/** Reads and locks a template. Throws the problem `unknown-template`. */
export async function findTemplate(transaction: Transaction, id: string, lock: 'share' | 'update'): Promise<Template> {
  const { rows } = await transaction.query<Template>(
    `select ${TEMPLATE_COLUMNS} from workflow_templates where template_id = $1 and deleted_at is null for ${lock}`,
    [id],
  );
  return first(rows);
}

function first(rows: readonly Template[]): Template {
  const [template] = rows;
  if (template === undefined) throw unknownTemplate();
  return template;
}

export function unknownTemplate(): HttpProblem {
  return new HttpProblem(404, 'unknown-template', 'there is no template of this id');
}

function record(
  transaction: Transaction,
  asker: Asker,
  action: 'created' | 'updated' | 'deleted',
  before: Template | null,
  after: Template | null,
): Promise<void> {
  const entityId = (after ?? before)?.template_id ?? '';
  const changes = changesBetween(before, after, AUDITED);
  return recordChange(transaction, { entityType: 'workflow_template', entityId, action, ...asker, changes });
}
