import type { NextEscalation } from '@fleetbeat/contracts/incidents.ts';
import type { Target } from '@fleetbeat/contracts/on-call.ts';
import type { Definitions } from '@fleetbeat/infra/routing/read-definitions.ts';
import type { ReadQuery } from '../http/read-query.ts';

export interface NextEscalationsParts {
  readonly query: ReadQuery;
  readonly readDefinitions: () => Promise<Definitions>;
  readonly createReachOf: (definitions: Definitions) => Promise<(target: Target, at: number) => { readonly who: string }>;
  readonly now: () => number;
}

/**
 * Who is called next about an incident, and when, by every escalation that has a step left; the soonest first. What has no time
 * is called by hand only.
 */
export function createNextEscalations({ query, readDefinitions, createReachOf, now }: NextEscalationsParts) {
  return async (incidentId: number): Promise<NextEscalation[]> => {
    const due = await query<{ route_id: string; due_at: number | null; step: number; round: number }>(
      'incidents.escalations',
      `select h.route_id, t.due_at, h.escalation_step as step, h.escalation_round as round
       from incident_threads h join incidents i on i.id = h.incident_id left join incident_timers t
         on t.incident_id = h.incident_id and t.route_id = h.route_id and t.kind = 'escalate'
       where h.incident_id = $1 and h.escalation_step is not null and i.status <> 'resolved'
       order by t.due_at nulls last, h.route_id`,
      [incidentId],
    );
    if (due.length === 0) return [];
    const definitions = await readDefinitions();
    const reachOf = await createReachOf(definitions);
    return due.flatMap(({ route_id: routeId, due_at: at, step: index, round }) => {
      const id = definitions.routes.get(routeId)?.settings.escalation_id ?? '';
      const policy = definitions.escalations.get(id);
      const step = policy?.steps[index];
      if (policy === undefined || step === undefined) return [];
      const reachesAt = (t: number) => step.targets.map((target) => reachOf(target, t).who);
      const place = { step: index + 1, steps: policy.steps.length, round: round + 1, at };
      const reaches_now = reachesAt(now());
      const reaches = at === null ? reaches_now : reachesAt(at);
      return [{ escalation_id: id, name: policy.name, ...place, reaches, reaches_now }];
    });
  };
}
