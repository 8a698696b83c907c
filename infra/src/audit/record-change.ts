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
  readonly action: 'created' | 'updated' | 'deleted' | 'approved' | 'rejected' | 'expired';
  readonly actor: Actor;
  readonly changes: Changes;
  /** Of the request that asked for it; null where none did. */
  readonly requestId: string | null;
}

/** Of each field that changed, what it was and what it is. */
export type Changes = Record<string, { before: unknown; after: unknown }>;

/** Writes down a change, in the transaction that makes it: there is never one without the other. */
export async function recordChange(transaction: Transaction, change: AuditedChange): Promise<void> {
  await recordChanges(transaction, [change]);
}

/** As `recordChange`, for what one request or timer does at once. */
export async function recordChanges(transaction: Transaction, changes: readonly AuditedChange[]): Promise<void> {
  if (changes.length === 0) return;
  await transaction.query({
    name: 'record-changes',
    text: `insert into audit_logs (entity_type, entity_id, action, actor_id, actor_type, changes, request_id)
           select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::text[])`,
    values: [
      changes.map(({ entityType }) => entityType),
      changes.map(({ entityId }) => storableText(entityId)),
      changes.map(({ action }) => action),
      changes.map(({ actor }) => actor.id),
      changes.map(({ actor }) => actor.type),
      changes.map((change) => storableJson(change.changes)),
      changes.map(({ requestId }) => requestId),
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
