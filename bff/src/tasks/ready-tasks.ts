import type { Transaction } from '@fleetbeat/infra/database/database.ts';

/** Who asks for tasks, and what they can do. */
export interface Wanting {
  readonly agentId: string;
  readonly capabilities: readonly string[];
  readonly limit: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Locks the tasks that an agent may be given, the most urgent first: high priority, then the next due, then the oldest. Tasks
 * that others are just claiming or changing are passed over.
 */
export async function pickReadyTasks(transaction: Transaction, wanting: Wanting): Promise<string[]> {
  // Written as the index tasks_ready has it.
  const { rows } = await transaction.query<{ task_id: string }>({
    name: 'pick-ready-tasks',
    text: `select task_id from tasks
           where deleted_at is null and status = 'pending' and waiting_for = 0
             and coalesce(not_before, 0) <= $1 and capabilities <@ $2 and coalesce(agent_id, $3) = $3
           order by (case priority when 'high' then 0 when 'medium' then 1 else 2 end), coalesce(due_date, 9007199254740991),
             created_at, task_id
           limit $4 for update skip locked`,
    values: [wanting.now, wanting.capabilities, wanting.agentId, wanting.limit],
  });
  return rows.map((row) => row.task_id);
}
