import * as z from 'zod';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { Dashboard, DashboardInput, DashboardSummary } from '@fleetbeat/contracts/dashboards.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import { containsPattern, type ReadQuery } from '../http/read-query.ts';

export interface DashboardFilter {
  q?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

export interface DashboardsReadModel {
  /** By name. */
  list(filter: DashboardFilter): Promise<List<DashboardSummary>>;
  find(dashboardId: string): Promise<Dashboard | null>;
}

const COMMON = `id, name, revision, created_by, updated_by,
  (extract(epoch from created_at) * 1000)::bigint as created_at, (extract(epoch from updated_at) * 1000)::bigint as updated_at`;
const POSITION = z.tuple([z.string(), z.string()]);

type Row = Omit<Dashboard, 'description' | 'variables' | 'panels'> & { definition: Omit<DashboardInput, 'name'> };

export function createDashboardsReadModel(query: ReadQuery): DashboardsReadModel {
  return {
    async list(filter) {
      const values: unknown[] = [];
      const place = (value: unknown) => `$${values.push(value)}`;
      const conditions = ['true'];
      if (filter.q !== undefined) conditions.push(`name ilike ${place(containsPattern(filter.q))}`);
      if (filter.cursor !== undefined) {
        const [name, id] = decodeCursor(filter.cursor, POSITION);
        conditions.push(`(lower(name), id) > (lower(${place(name)}), ${place(id)})`);
      }
      const rows = await query<DashboardSummary>(
        'dashboards.list',
        `select ${COMMON}, definition ->> 'description' as description, jsonb_array_length(definition -> 'panels') as panels
         from visualizations where ${conditions.join(' and ')} order by lower(name), id limit ${place(filter.limit + 1)}`,
        values,
      );
      return pageOf(
        rows,
        filter.limit,
        (row) => row,
        (row) => [row.name, row.id],
      );
    },

    async find(dashboardId) {
      const [row] = await query<Row>('dashboards.find', `select ${COMMON}, definition from visualizations where id = $1`, [
        dashboardId,
      ]);
      if (row === undefined) return null;
      const { definition, ...common } = row;
      return { ...common, ...definition };
    },
  };
}
