import { escalationSchema, scheduleSchema, type Escalation, type Override, type Schedule } from '@fleetbeat/contracts/on-call.ts';
import { inhibitionSchema, routeSchema, silenceSchema, type Inhibition, type Silence } from '@fleetbeat/contracts/routing.ts';
import type * as z from 'zod';
import type { Database, Transaction } from '../database/database.ts';
import { buildRouteTree, routesById, type RouteNode } from './route-tree.ts';

/** Who is told about what, as people have defined it. */
export interface Definitions {
  readonly defaultRoute: RouteNode;
  readonly routes: ReadonlyMap<string, RouteNode>;
  readonly inhibitions: readonly Inhibition[];
  readonly silences: readonly KnownSilence[];
  readonly schedules: ReadonlyMap<string, KnownSchedule>;
  readonly escalations: ReadonlyMap<string, Escalation>;
}

export interface KnownSilence {
  readonly id: string;
  readonly silence: Silence;
  readonly createdBy: string;
}

export interface KnownSchedule {
  readonly schedule: Schedule;
  /** Those that are not over. */
  readonly overrides: readonly Override[];
}

interface Row {
  readonly kind: string;
  readonly id: string;
  readonly definition: unknown;
  readonly created_at: number;
  readonly created_by: string;
}

/** Everything but what is over at `now` (epoch ms). What this version does not know how to read is left out. */
export async function readDefinitions(database: Database | Transaction, now: number): Promise<Definitions> {
  const { rows } = await database.query<Row>(
    `select kind, id, definition, created_at, created_by from alerting_definitions
     where kind <> 'silence' or coalesce((definition ->> 'ends_at')::bigint > $1, true) order by created_at, id`,
    [now],
  );
  const overrides = await readOverrides(database, now);
  const known = <T extends z.ZodType>(kind: string, schema: T) =>
    rows.flatMap((row) => {
      const definition = row.kind === kind ? schema.safeParse(row.definition).data : undefined;
      return definition === undefined ? [] : [{ ...row, definition }];
    });
  const defaultRoute = buildRouteTree(known('route', routeSchema));
  return {
    defaultRoute,
    routes: routesById(defaultRoute),
    inhibitions: known('inhibition', inhibitionSchema)
      .map(({ definition }) => definition)
      .filter(({ enabled }) => enabled),
    silences: known('silence', silenceSchema).map(({ id, definition, created_at, created_by }) => ({
      id,
      silence: { ...definition, starts_at: definition.starts_at ?? created_at },
      createdBy: created_by,
    })),
    schedules: new Map(
      known('schedule', scheduleSchema).map(({ id, definition }) => [
        id,
        { schedule: definition, overrides: overrides.get(id) ?? [] },
      ]),
    ),
    escalations: new Map(known('escalation', escalationSchema).map(({ id, definition }) => [id, definition])),
  };
}

/** Overrides that are not over at `now`, by schedule, the first to begin first. */
export async function readOverrides(database: Database | Transaction, now: number): Promise<Map<string, Override[]>> {
  const { rows } = await database.query<Override & { schedule_id: string }>(
    `select id, schedule_id, user_id, from_ms as "from", to_ms as "to" from on_call_overrides
     where to_ms > $1 order by from_ms, id limit 10000`,
    [now],
  );
  return Map.groupBy(rows, ({ schedule_id }) => schedule_id);
}
