import type { DashboardInput } from '@fleetbeat/contracts/dashboards.ts';
import { changesBetween, recordChange, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Change } from '../http/change.ts';
import type { Precondition } from '../http/if-match.ts';

/** Dashboards of an installation at most. */
const MAX_DASHBOARDS = 1_000;
const FIELDS = ['name', 'description', 'variables', 'panels'] as const;

/** Changes dashboards, each together with its entry in the audit log. Throws problems. */
export function createDashboardChanges(change: Change) {
  async function create(asker: Asker, input: DashboardInput): Promise<string> {
    return change('dashboards.create', async (transaction) => {
      const { rows: counted } = await transaction.query<{ dashboards: number }>(
        'select count(*) as dashboards from visualizations',
      );
      if ((counted[0]?.dashboards ?? 0) >= MAX_DASHBOARDS) {
        throw new HttpProblem(409, 'too-many-dashboards', `there are ${MAX_DASHBOARDS} dashboards already: delete one`);
      }
      const { name, ...definition } = input;
      const { rows } = await transaction.query<{ id: string }>(
        'insert into visualizations (name, definition, created_by, updated_by) values ($1, $2, $3, $3) returning id',
        [name, definition, asker.actor.id],
      );
      const id = rows[0]?.id ?? '';
      await record(transaction, asker, 'created', id, null, input);
      return id;
    });
  }

  async function replace(asker: Asker, dashboardId: string, input: DashboardInput, precondition: Precondition): Promise<void> {
    await change('dashboards.replace', async (transaction) => {
      const { before, revision } = await lock(transaction, dashboardId);
      precondition(revision);
      const { name, ...definition } = input;
      await transaction.query(
        `update visualizations set name = $2, definition = $3, revision = revision + 1, updated_at = clock_timestamp(), updated_by = $4
         where id = $1`,
        [dashboardId, name, definition, asker.actor.id],
      );
      await record(transaction, asker, 'updated', dashboardId, before, input);
    });
  }

  async function remove(asker: Asker, dashboardId: string, precondition: Precondition | null): Promise<void> {
    await change('dashboards.delete', async (transaction) => {
      const { before, revision } = await lock(transaction, dashboardId);
      precondition?.(revision);
      await transaction.query('delete from visualizations where id = $1', [dashboardId]);
      await record(transaction, asker, 'deleted', dashboardId, before, null);
    });
  }

  return { create, replace, remove };
}
export type DashboardChanges = ReturnType<typeof createDashboardChanges>;

export function unknownDashboard(): HttpProblem {
  return new HttpProblem(404, 'unknown-dashboard', 'there is no dashboard of this id');
}

async function lock(transaction: Transaction, dashboardId: string): Promise<{ before: DashboardInput; revision: number }> {
  const { rows } = await transaction.query<{ name: string; definition: Omit<DashboardInput, 'name'>; revision: number }>(
    'select name, definition, revision from visualizations where id = $1 for update',
    [dashboardId],
  );
  const [row] = rows;
  if (row === undefined) throw unknownDashboard();
  return { before: { name: row.name, ...row.definition }, revision: row.revision };
}

async function record(
  transaction: Transaction,
  { actor, requestId }: Asker,
  action: 'created' | 'updated' | 'deleted',
  entityId: string,
  before: DashboardInput | null,
  after: DashboardInput | null,
): Promise<void> {
  const changes = changesBetween(before, after, FIELDS);
  await recordChange(transaction, { entityType: 'dashboard', entityId, action, actor, changes, requestId });
}
