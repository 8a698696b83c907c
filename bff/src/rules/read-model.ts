import * as z from 'zod';
import type { Rule, StoredRule } from '@fleetbeat/contracts/rules.ts';
import type { List } from '@fleetbeat/contracts/api.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import { containsPattern, type ReadQuery } from '../http/read-query.ts';

export interface RuleFilter {
  q?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

export interface RulesReadModel {
  /** By name. */
  list(filter: RuleFilter): Promise<List<StoredRule>>;
  find(ruleId: string): Promise<StoredRule | null>;
}

type RuleRow = Omit<StoredRule, 'rule' | 'state'> & { definition: Rule };

const RULES = `
  select r.id, r.definition, r.version, r.built_in, r.updated_by, h.evaluated_at, h.problem, coalesce(h.beyond_limit, 0) as beyond_limit,
    (extract(epoch from r.created_at) * 1000)::bigint as created_at, (extract(epoch from r.updated_at) * 1000)::bigint as updated_at,
    (select count(*) from alerts a where a.rule_id = r.id and a.state = 'pending') as pending,
    (select count(*) from alerts a where a.rule_id = r.id and a.state = 'firing') as firing
  from alert_rules r left join alert_rule_health h on h.rule_id = r.id
  where r.deleted_at is null`;

const POSITION = z.tuple([z.string()]);

export function createRulesReadModel(query: ReadQuery): RulesReadModel {
  return {
    async list(filter) {
      const values: unknown[] = [];
      const place = (value: unknown) => `$${values.push(value)}`;
      const conditions = [''];
      if (filter.q !== undefined) conditions.push(`r.definition ->> 'name' ilike ${place(containsPattern(filter.q))}`);
      if (filter.cursor !== undefined) {
        conditions.push(`lower(r.definition ->> 'name') > lower(${place(decodeCursor(filter.cursor, POSITION)[0])})`);
      }
      const rows = await query<RuleRow>(
        'rules.list',
        `${RULES}${conditions.join(' and ')} order by lower(r.definition ->> 'name') limit ${place(filter.limit + 1)}`,
        values,
      );
      return pageOf(rows, filter.limit, storedRuleOf, (row) => [row.definition.name]);
    },

    async find(ruleId) {
      const [row] = await query<RuleRow>('rules.find', `${RULES} and r.id = $1`, [ruleId]);
      return row === undefined ? null : storedRuleOf(row);
    },
  };
}

function storedRuleOf({ definition, ...row }: RuleRow): StoredRule {
  return { ...row, state: row.firing > 0 ? 'firing' : row.pending > 0 ? 'pending' : 'inactive', rule: definition };
}
