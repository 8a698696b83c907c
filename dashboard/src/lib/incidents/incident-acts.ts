import type { Incident, NextEscalation } from '@fleetbeat/contracts/incidents.ts';
import type { ApiProblem } from '../api/problem.ts';

/** What people do about an incident: what it makes of it, and what is said where it is refused. Pure. */
export type IncidentAct =
  | { readonly kind: 'acknowledge' }
  | { readonly kind: 'escalate' }
  | { readonly kind: 'assign'; readonly userId: string | null }
  | { readonly kind: 'snooze'; readonly until: number }
  | { readonly kind: 'resolve' }
  | { readonly kind: 'reopen' };

type Standing = Pick<
  Incident,
  'status' | 'assigned_to' | 'acknowledged_at' | 'acknowledged_by' | 'snoozed_until' | 'resolved_at' | 'resolved_by'
>;

/** How the incident will stand where the server agrees; `actor` is whoever does it. */
export function foreseen(incident: Standing, act: IncidentAct, actor: string, now: number): Partial<Standing> {
  switch (act.kind) {
    case 'acknowledge':
      return { status: 'acknowledged', acknowledged_at: now, acknowledged_by: actor };
    case 'escalate':
      // Whom it calls the server knows; the incident stands as it did.
      return {};
    case 'assign':
      return { assigned_to: act.userId };
    case 'snooze':
      return {
        status: 'acknowledged',
        acknowledged_at: incident.acknowledged_at ?? now,
        acknowledged_by: incident.acknowledged_by ?? actor,
        snoozed_until: act.until,
      };
    case 'resolve':
      return { status: 'resolved', resolved_at: now, resolved_by: actor, snoozed_until: null };
    case 'reopen':
      return { status: 'open', resolved_at: null, resolved_by: null, acknowledged_at: null, acknowledged_by: null };
    default:
      return act satisfies never;
  }
}

/** Whether it makes sense as things are; the server decides all the same. */
export function isOpenTo(
  act: IncidentAct['kind'],
  incident: Pick<Incident, 'status' | 'alerts_firing'> & { readonly escalations?: readonly NextEscalation[] },
): boolean {
  switch (act) {
    case 'acknowledge':
      return incident.status === 'open';
    case 'escalate':
      return incident.status !== 'resolved' && (incident.escalations ?? []).length > 0;
    case 'assign':
    case 'snooze':
    case 'resolve':
      return incident.status !== 'resolved';
    case 'reopen':
      return incident.status === 'resolved' && incident.alerts_firing > 0;
    default:
      return act satisfies never;
  }
}

/** Whether people would decide alike by both: alerts that come and go are no reason to ask again. */
export function standsAlike(act: IncidentAct['kind'], a: Standing, b: Standing): boolean {
  // Its step may have been called meanwhile, and the next one would be somebody else.
  if (act === 'escalate') return false;
  return a.status === b.status && a.assigned_to === b.assigned_to && a.snoozed_until === b.snoozed_until;
}

const NOT_DONE: Readonly<Record<IncidentAct['kind'], string>> = {
  acknowledge: 'Not acknowledged',
  escalate: 'Nobody was called',
  assign: 'Not assigned',
  snooze: 'Not snoozed',
  resolve: 'Not resolved',
  reopen: 'Not opened again',
};
const DONE: Readonly<Record<IncidentAct['kind'], string>> = {
  acknowledge: 'Acknowledged: nobody else is called',
  escalate: 'Escalated: the next step is called',
  assign: 'Assigned',
  snooze: 'Snoozed',
  resolve: 'Resolved',
  reopen: 'Open again',
};

/** Why something was not done, as a sentence. */
export function refusalOf(act: IncidentAct['kind'], problem: Pick<ApiProblem, 'status' | 'message'>): string {
  if (problem.status === 412) {
    return `${NOT_DONE[act]}: somebody else has changed the incident meanwhile. This is how it stands now; try again if it is still needed.`;
  }
  return `${NOT_DONE[act]}: ${problem.message}`;
}

export function doneText(act: IncidentAct['kind']): string {
  return DONE[act];
}
