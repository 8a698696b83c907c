import type { Transaction } from '../database/database.ts';

/**
 * Holds a workflow's shape until the transaction ends: many may add tasks to it (`shared`), one may change what waits for
 * what, or cancel it (`exclusive`). Taken before any row is locked. The workflow's own row is no lock for that: whoever
 * completes a task writes it last.
 */
export async function lockWorkflow(transaction: Transaction, workflowId: string, how: 'shared' | 'exclusive'): Promise<void> {
  const lock = how === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock';
  await transaction.query(`select ${lock}(hashtextextended('workflow:' || $1, 0))`, [workflowId]);
}
