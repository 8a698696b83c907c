import { SEVERITIES } from '@fleetbeat/contracts/severities.ts';
import type { Incident } from '@fleetbeat/contracts/incidents.ts';

/** Incidents as lists show them. Pure. */

/** Each incident once, as newly as it is known; news of others are left out. */
export function withNews(incidents: readonly Incident[], news: ReadonlyMap<number, Incident>): Incident[] {
  const newest = new Map<number, Incident>();
  for (const one of incidents) {
    const other = newest.get(one.id) ?? news.get(one.id);
    newest.set(one.id, other !== undefined && other.revision > one.revision ? other : one);
  }
  return [...newest.values()];
}

const RANK = { open: 0, acknowledged: 1, resolved: 2 } as const;

/** What nobody has taken first, then what is in hands, then what is over; of each the worst, then the newest. */
export function inOrder(incidents: readonly Incident[]): Incident[] {
  const rank = ({ status, severity }: Incident) => RANK[status] * 10 - (status === 'resolved' ? 0 : SEVERITIES.indexOf(severity));
  const at = (one: Incident) => one.resolved_at ?? one.opened_at;
  return incidents.toSorted((a, b) => rank(a) - rank(b) || at(b) - at(a) || b.id - a.id);
}

/** Whom it is about, in a few words: "3 agents, 1 host, 2 tasks at risk". */
export function aboutText({ agents, hosts, tasks }: Pick<Incident, 'agents' | 'hosts' | 'tasks'>): string {
  const parts = [named(agents, 'agent'), named(hosts, 'host'), tasks.length === 0 ? '' : `${counted(tasks, 'task')} at risk`];
  return parts.filter((part) => part !== '').join(' · ');
}

function named(names: readonly string[], noun: string): string {
  return names.length < 2 ? names.join('') : counted(names, noun);
}

function counted({ length }: readonly string[], noun: string): string {
  return `${length}${length === 100 ? '+' : ''} ${noun}${length === 1 ? '' : 's'}`;
}
