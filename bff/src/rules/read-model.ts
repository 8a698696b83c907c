import * as z from 'zod';
import type { Rule, RuleVersion, StoredRule } from '@fleetbeat/contracts/rules.ts';
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
  /** The newest first; also of rules that were deleted. Empty where there never was such a rule. */
  versions(ruleId: string, page: Pick<RuleFilter, 'limit' | 'cursor'>): Promise<List<RuleVersion>>;
  /** Every definition, by name. */
  definitions(): Promise<Rule[]>;
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
const VERSION_POSITION = z.tuple([z.number().int()]);

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

    async versions(ruleId, { limit, cursor }) {
      const before = cursor === undefined ? null : decodeCursor(cursor, VERSION_POSITION)[0];
      const rows = await query<RuleVersion>(
        'rules.versions',
        `select version, (extract(epoch from changed_at) * 1000)::bigint as changed_at, changed_by, definition as rule
         from alert_rule_versions where rule_id = $1 and ($2::bigint is null or version < $2) order by version desc limit $3`,
        [ruleId, before, limit + 1],
      );
      return pageOf(
        rows,
        limit,
        (row) => row,
        (row) => [row.version],
      );
    },

    async definitions() {
      const rows = await query<{ definition: Rule }>(
        'rules.definitions',
        `select definition from alert_rules where deleted_at is null order by lower(definition ->> 'name')`,
      );
      return rows.map(({ definition }) => definition);
    },
  };
}

function storedRuleOf({ definition, ...row }: RuleRow): StoredRule {
  return { ...row, state: row.firing > 0 ? 'firing' : row.pending > 0 ? 'pending' : 'inactive', rule: definition };
}
