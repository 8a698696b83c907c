import * as z from 'zod';
import { fillAnnotations } from '@fleetbeat/contracts/alert-values.ts';
import type { Alert, Severity } from '@fleetbeat/contracts/alerts.ts';
import type { Rule } from '@fleetbeat/contracts/rules.ts';
import type { List } from '@fleetbeat/contracts/api.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import type { Labels } from '../http/label-fields.ts';
import type { ReadQuery } from '../http/read-query.ts';

export interface AlertFilter {
  states: readonly Alert['state'][];
  severity?: Severity | undefined;
  rule_id?: string | undefined;
  key?: string | undefined;
  labels: Labels | null;
  limit: number;
  cursor?: string | undefined;
}

export interface AlertsReadModel {
  /** The newest first. */
  list(filter: AlertFilter): Promise<List<Alert>>;
  find(alertId: number): Promise<Alert | null>;
}

type AlertRow = Omit<Alert, 'rule_name' | 'set' | 'labels' | 'annotations' | 'runbook_url' | 'owner'> & { definition: Rule };

const ALERTS = `
  select a.id, a.rule_id, a.key, a.state, a.severity, a.value, a.reason, a.began_at, a.fired_at, a.resolved_at,
    a.acknowledged_at, a.acknowledged_by, a.shadow, a.inhibited_by, a.diagnosis, a.tasks_at_risk, r.definition
  from alerts a join alert_rules r on r.id = a.rule_id`;

/** As alertLabels in infra/src/routing/alert-labels.ts: those of whom it is about, over them those of its rule. */
const LABELS = `(coalesce(
    case r.definition #>> '{watch,set}'
      when 'agent' then (select labels from agents where agent_id = a.key)
      when 'host' then (select labels from hosts where host_id = a.key)
    end, '{}') || coalesce(r.definition -> 'labels', '{}'))`;

const POSITION = z.tuple([z.number().int()]);

export function createAlertsReadModel(query: ReadQuery): AlertsReadModel {
  return {
    async list(filter) {
      const values: unknown[] = [];
      const place = (value: unknown) => `$${values.push(value)}`;
      const conditions = ['true'];
      if (filter.states.length > 0) conditions.push(`a.state = any(${place(filter.states)})`);
      for (const field of ['severity', 'rule_id', 'key'] as const) {
        if (filter[field] !== undefined) conditions.push(`a.${field} = ${place(filter[field])}`);
      }
      if (filter.labels !== null) conditions.push(`${LABELS} @> ${place(JSON.stringify(filter.labels))}::jsonb`);
      if (filter.cursor !== undefined) conditions.push(`a.id < ${place(decodeCursor(filter.cursor, POSITION)[0])}`);
      const rows = await query<AlertRow>(
        'alerts.list',
        `${ALERTS} where ${conditions.join(' and ')} order by a.id desc limit ${place(filter.limit + 1)}`,
        values,
      );
      return pageOf(rows, filter.limit, alertOf, (row) => [row.id]);
    },

    async find(alertId) {
      const [row] = await query<AlertRow>('alerts.find', `${ALERTS} where a.id = $1`, [alertId]);
      return row === undefined ? null : alertOf(row);
    },
  };
}

function alertOf({ definition: rule, ...row }: AlertRow): Alert {
  return {
    ...row,
    rule_name: rule.name,
    set: rule.watch.set,
    labels: rule.labels,
    annotations: fillAnnotations(rule, row),
    runbook_url: rule.runbook_url,
    owner: rule.owner,
  };
}
