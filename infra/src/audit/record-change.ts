import type { Transaction } from '../database/database.ts';
import { storableJson, storableText } from '../database/storable.ts';

/** Who did something: a person in a session, a key, or a service of ours. */
export interface Actor {
  readonly id: string;
  readonly type: 'user' | 'api_key' | 'system';
}

/** Who asks for a change, and in which request. */
export interface Asker {
  readonly actor: Actor;
  readonly requestId: string;
}

export interface AuditedChange {
  readonly entityType: string;
  readonly entityId: string;
  readonly action: 'created' | 'updated' | 'deleted';
  readonly actor: Actor;
  readonly changes: Changes;
  /** Of the request that asked for it; null where none did. */
  readonly requestId: string | null;
}

/** Of each field that changed, what it was and what it is. */
export type Changes = Record<string, { before: unknown; after: unknown }>;

/** Writes down a change, in the transaction that makes it: there is never one without the other. */
export async function recordChange(transaction: Transaction, change: AuditedChange): Promise<void> {
  await transaction.query({
    name: 'record-change',
    text: `insert into audit_logs (entity_type, entity_id, action, actor_id, actor_type, changes, request_id)
           values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [
      change.entityType,
      storableText(change.entityId),
      change.action,
      change.actor.id,
      change.actor.type,
      storableJson(change.changes),
      change.requestId,
    ],
  });
}

/** What differs between two states of an entity, `null` standing for none, in these fields. */
export function changesBetween<Entity extends object>(
  before: Entity | null,
  after: Entity | null,
  fields: readonly (keyof Entity & string)[],
): Changes {
  const changes: Changes = {};
  for (const field of fields) {
    const [was, is] = [before?.[field] ?? null, after?.[field] ?? null];
    if (JSON.stringify(was) !== JSON.stringify(is)) changes[field] = { before: was, after: is };
  }
  return changes;
}
