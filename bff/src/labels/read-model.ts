import type { CarriedLabel } from '@fleetbeat/contracts/api.ts';
import type { ReadQuery } from '../http/read-query.ts';

/** Values of one label, and labels, that are told at most. */
const MAX_VALUES = 50;
const MAX_NAMES = 100;

interface Row {
  name: string;
  value: string;
  agents: number;
  hosts: number;
  distinct_values: number;
}

/** Reads which labels agents and hosts carry, by name; what is archived does not count. */
export function createLabelsReadModel(query: ReadQuery): () => Promise<CarriedLabel[]> {
  return async () => {
    const rows = await query<Row>(
      'labels.list',
      `with carried as (
         select l.key as name, l.value, true as by_agent from agents, jsonb_each_text(labels) l where archived_at is null
         union all
         select l.key, l.value, false from hosts, jsonb_each_text(labels) l where archived_at is null
       ), counted as (
         select name, value, count(*) filter (where by_agent) as agents, count(*) filter (where not by_agent) as hosts,
           row_number() over (partition by name order by count(*) desc, value) as place,
           count(*) over (partition by name) as distinct_values
         from carried group by name, value
       )
       select name, value, agents, hosts, distinct_values from counted where place <= ${MAX_VALUES}
       order by name, place limit ${MAX_VALUES * MAX_NAMES}`,
    );
    return [...Map.groupBy(rows, (row) => row.name)].slice(0, MAX_NAMES).map(([name, values]) => ({
      name,
      values: values.map(({ value, agents, hosts }) => ({ value, agents, hosts })),
      distinct: values[0]?.distinct_values ?? 0,
    }));
  };
}
