import type { AuditEntry } from '@fleetbeat/contracts/audit.ts';

/** The pages of things that have one each, by their id. */
const OWN: Readonly<Record<string, (id: string) => string>> = {
  agent: (id) => `/agents/${id}`,
  alert: (id) => `/incidents?alert=${id}`,
  dashboard: (id) => `/dashboards/${id}`,
  host: (id) => `/hosts/${id}`,
  incident: (id) => `/incidents/${id}`,
  rule: (id) => `/rules/${id}`,
  suggestion: (id) => `/suggestions?id=${id}`,
  task: (id) => `/tasks/${id}`,
  workflow: (id) => `/workflows/${id}`,
};
/** The pages that list things of a kind. */
const LISTS: Readonly<Record<string, string>> = {
  channel: '/settings/channels',
  delivery: '/settings/deliveries',
  erasure: '/settings/privacy',
  escalation: '/on-call/escalations',
  inhibition: '/on-call/inhibitions',
  invitation: '/settings/people',
  key: '/settings/keys',
  redaction: '/settings/privacy',
  route: '/on-call/routes',
  schedule: '/on-call',
  silence: '/incidents/silences',
  user: '/settings/people',
  workflow_template: '/workflows/templates',
};

type Thing = Pick<AuditEntry, 'entity_type' | 'entity_id' | 'entity_exists'>;

/** Where the thing of an entry is to be seen; null where it is gone, or has no page. */
export function pageOfThing({ entity_type: type, entity_id: id, entity_exists: exists }: Thing): string | null {
  if (type === 'erasure' || type === 'redaction') return LISTS[type] ?? null;
  return exists ? (OWN[type]?.(encodeURIComponent(id)) ?? LISTS[type] ?? null) : null;
}
