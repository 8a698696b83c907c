import { formatDuration } from '@fleetbeat/contracts/format-duration.ts';
import type { IncidentDetail, TimelineEntry } from '@fleetbeat/contracts/incidents.ts';

/** What happened to an incident, in words. Pure. */

export interface Telling {
  /** What happened, after whoever did it where somebody did: "acknowledged it". */
  readonly what: string;
  /** Why, or what was said; null where that is all. */
  readonly why: string | null;
}

export interface Names {
  readonly nameOf: (who: string) => string;
  readonly momentOf: (t: number) => string;
}

/** An entry as a line for people; with an actor it goes on after their name. */
export function tellingOf(entry: Pick<TimelineEntry, 'kind' | 'text' | 'actor'>, { nameOf, momentOf }: Names): Telling {
  const { kind, text } = entry;
  const byHand = entry.actor !== null;
  switch (kind) {
    case 'opened':
      return { what: 'Opened', why: text };
    case 'alert_fired':
      return { what: 'Alert fired', why: text };
    case 'alert_changed':
      return { what: 'Alert changed', why: text };
    case 'alert_resolved':
      return { what: 'Alert ended', why: text };
    case 'told':
      return { what: 'Told', why: text };
    case 'held_back':
      return { what: 'Nobody was told', why: text };
    case 'escalated':
      return { what: byHand ? 'escalated it' : 'Escalated', why: text };
    case 'acknowledged':
      return { what: byHand ? 'acknowledged it' : 'Acknowledged', why: null };
    case 'assigned':
      return { what: assignedText(text, nameOf), why: null };
    case 'snoozed': {
      const until = Date.parse(text.replace(/^until /, ''));
      return { what: `snoozed it ${Number.isNaN(until) ? text : `until ${momentOf(until)}`}`, why: null };
    }
    case 'snooze_ended':
      return { what: 'The snooze ended', why: text };
    case 'commented':
      return { what: 'said something', why: null };
    case 'resolved':
      return byHand ? { what: 'resolved it', why: null } : { what: 'Resolved', why: text };
    case 'reopened':
      return byHand ? { what: 'opened it again', why: null } : { what: 'Open again', why: text };
    default:
      return kind satisfies never;
  }
}

function assignedText(text: string, nameOf: (who: string) => string): string {
  const who = text.replace(/^to /, '');
  return who === 'nobody' ? 'gave it to nobody' : `gave it to ${nameOf(who)}`;
}

const STATES = { queued: 'on its way', retrying: 'failed, is tried again', delivered: 'delivered', dead: 'given up' } as const;

/** What became of a delivery. */
export function deliveryText({ state, attempts }: Pick<TimelineEntry['deliveries'][number], 'state' | 'attempts'>): string {
  const tries = state !== 'queued' && attempts > 1 ? ` after ${attempts} tries` : '';
  return STATES[state] + tries;
}

/** How things stand, for a head: "Open for 12 min", "Snoozed until 14:05", "Over since 14:05, after 20 min". */
export function standingText(
  incident: Pick<IncidentDetail, 'status' | 'opened_at' | 'resolved_at' | 'resolved_by' | 'snoozed_until'>,
  now: number,
  { nameOf, momentOf }: Names,
): string {
  const { status, opened_at: opened, resolved_at: ended, snoozed_until: snoozed } = incident;
  if (status === 'resolved' && ended !== null) {
    const by = incident.resolved_by === null ? '' : ` by ${nameOf(incident.resolved_by)}`;
    return `Ended ${momentOf(ended)}${by}, after ${formatDuration(roundedTo(ended - opened))}`;
  }
  const age = `Since ${momentOf(opened)}, for ${formatDuration(roundedTo(now - opened))}`;
  return snoozed !== null && snoozed > now ? `${age}; snoozed until ${momentOf(snoozed)}` : age;
}

/** Whole seconds, and no less than one. */
function roundedTo(ms: number): number {
  return Math.max(1_000, Math.round(ms / 1_000) * 1_000);
}
