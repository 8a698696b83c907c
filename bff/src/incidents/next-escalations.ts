import type { NextEscalation } from '@fleetbeat/contracts/incidents.ts';
import type { Target } from '@fleetbeat/contracts/on-call.ts';
import type { Definitions } from '@fleetbeat/infra/routing/read-definitions.ts';
import type { ReadQuery } from '../http/read-query.ts';

export interface NextEscalationsParts {
  readonly query: ReadQuery;
  readonly readDefinitions: () => Promise<Definitions>;
  readonly createReachOf: (definitions: Definitions) => Promise<(target: Target, at: number) => { readonly who: string }>;
}

/** Who is called next about an incident, and when, by every escalation that is under way; the soonest first. */
export function createNextEscalations({ query, readDefinitions, createReachOf }: NextEscalationsParts) {
  return async (incidentId: number): Promise<NextEscalation[]> => {
    const due = await query<{ route_id: string; due_at: number; step: number; round: number }>(
      'incidents.escalations',
      `select t.route_id, t.due_at, h.escalation_step as step, h.escalation_round as round
       from incident_timers t join incident_threads h on h.incident_id = t.incident_id and h.route_id = t.route_id
       where t.incident_id = $1 and t.kind = 'escalate' and h.escalation_step is not null order by t.due_at, t.route_id`,
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
      const reaches = step.targets.map((target) => reachOf(target, at).who);
      return [
        { escalation_id: id, name: policy.name, step: index + 1, steps: policy.steps.length, round: round + 1, at, reaches },
      ];
    });
  };
}
