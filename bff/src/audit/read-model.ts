import * as z from 'zod';
import type { AuditEntry } from '@fleetbeat/contracts/audit.ts';
import type { List } from '@fleetbeat/contracts/api.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import type { ReadQuery } from '../http/read-query.ts';
import { nameThings } from './name-things.ts';

export interface AuditFilter {
  entity_type?: string | undefined;
  entity_id?: string | undefined;
  action?: string | undefined;
  actor_id?: string | undefined;
  request_id?: string | undefined;
  /** Epoch milliseconds, half-open. */
  from?: number | undefined;
  to?: number | undefined;
  limit: number;
  cursor?: string | undefined;
}

const POSITION = z.tuple([z.number().int()]);

/** Reads the audit log, the newest entry first. */
export function createAuditReadModel(query: ReadQuery) {
  return {
    async list(filter: AuditFilter): Promise<List<AuditEntry>> {
      const values: unknown[] = [];
      const place = (value: unknown) => `$${values.push(value)}`;
      const conditions = ['true'];
      for (const field of ['entity_type', 'entity_id', 'action', 'actor_id', 'request_id'] as const) {
        if (filter[field] !== undefined) conditions.push(`${field} = ${place(filter[field])}`);
      }
      if (filter.from !== undefined) conditions.push(`at >= to_timestamp(${place(filter.from)}::bigint / 1000.0)`);
      if (filter.to !== undefined) conditions.push(`at < to_timestamp(${place(filter.to)}::bigint / 1000.0)`);
      if (filter.cursor !== undefined) conditions.push(`id < ${place(decodeCursor(filter.cursor, POSITION)[0])}`);
      const rows = await query<Omit<AuditEntry, 'entity_name' | 'entity_exists'>>(
        'audit.list',
        `select id, floor(extract(epoch from at) * 1000)::bigint as at, entity_type, entity_id, action, actor_id, actor_type,
           changes, request_id
         from audit_logs where ${conditions.join(' and ')} order by id desc limit ${place(filter.limit + 1)}`,
        values,
      );
      return pageOf(
        await nameThings(query, rows),
        filter.limit,
        (row) => row,
        (row) => [row.id],
      );
    },
  };
}
export type AuditReadModel = ReturnType<typeof createAuditReadModel>;
