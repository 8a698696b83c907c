import type { AgentPatch } from '@fleetbeat/contracts/agent-input.ts';
import { changesBetween, recordChange, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { createArchive } from '../http/archive.ts';
import type { Change } from '../http/change.ts';
import { unknownAgent } from './unknown-agent.ts';

interface Said {
  name: string | null;
  tags: string[];
  notes: string | null;
  paused: boolean;
}
const FIELDS = ['name', 'tags', 'notes', 'paused'] as const;

/** Changes what people say about agents, each time together with its entry in the audit log. Throws problems. */
export function createAgentChanges(change: Change, now: () => number) {
  async function updateWithin(
    transaction: Transaction,
    asker: Asker,
    agentId: string,
    next: (before: Said) => Said,
  ): Promise<void> {
    const before = await lock(transaction, agentId);
    const after = next(before);
    const changes = changesBetween(before, after, FIELDS);
    if (Object.keys(changes).length === 0) return;
    await transaction.query('update agents set given_name = $2, tags = $3, notes = $4, paused = $5 where agent_id = $1', [
      agentId,
      after.name,
      after.tags,
      after.notes,
      after.paused,
    ]);
    await recordChange(transaction, { entityType: 'agent', entityId: agentId, action: 'updated', ...asker, changes });
  }

  const update = (asker: Asker, agentId: string, next: (before: Said) => Said) =>
    change('agents.update', (transaction) => updateWithin(transaction, asker, agentId, next));

  return {
    /** Pauses an agent inside a transaction of somebody else's. */
    pauseWithin: (transaction: Transaction, asker: Asker, agentId: string) =>
      updateWithin(transaction, asker, agentId, (before) => ({ ...before, paused: true })),
    patch: (asker: Asker, agentId: string, patch: AgentPatch) =>
      update(asker, agentId, (before) => ({ ...before, ...definedOf(patch) })),
    ...createArchive(change, now, { type: 'agent', table: 'agents', unknown: unknownAgent }),
  };
}
export type AgentChanges = ReturnType<typeof createAgentChanges>;

async function lock(transaction: Transaction, agentId: string): Promise<Said> {
  const { rows } = await transaction.query<Said>(
    'select given_name as name, tags, notes, paused from agents where agent_id = $1 for update',
    [agentId],
  );
  const [row] = rows;
  if (row === undefined) throw unknownAgent();
  return row;
}

function definedOf(patch: AgentPatch): Partial<Said> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
}
