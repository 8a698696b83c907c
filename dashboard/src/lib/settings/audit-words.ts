import type { AuditEntry } from '@fleetbeat/contracts/audit.ts';

/** What the log knows changes of. */
export const ENTITY_TYPES = [
  'agent',
  'alert',
  'annotation',
  'channel',
  'comment',
  'dashboard',
  'delivery',
  'erasure',
  'escalation',
  'host',
  'incident',
  'inhibition',
  'invitation',
  'key',
  'notification_preferences',
  'recompute',
  'redaction',
  'report_schedule',
  'route',
  'rule',
  'schedule',
  'silence',
  'suggestion',
  'suggestion_auto_approval',
  'task',
  'user',
  'workflow',
  'workflow_template',
] as const;

export const ACTIONS: Readonly<Record<string, string>> = {
  created: 'Added',
  updated: 'Changed',
  deleted: 'Deleted',
  approved: 'Approved',
  rejected: 'Rejected',
  expired: 'Let expire',
};

/** As what somebody asked. */
export const ACTOR_WORDS: Readonly<Record<string, string>> = { user: 'signed in', api_key: 'by a key', system: 'by itself' };

/** What is in the log under this name, to be read. */
export function thingOf(entityType: string): string {
  return entityType.replaceAll('_', ' ');
}

/** What somebody did, as a sentence: "Changed a task". */
export function actWords({ action, entity_type: type }: Pick<AuditEntry, 'action' | 'entity_type'>): string {
  const thing = thingOf(type);
  const article = thing.endsWith('s') ? '' : /^[aei]/.test(thing) ? 'an ' : 'a ';
  return `${ACTIONS[action] ?? action} ${article}${thing}`;
}

/** Fields that say who: an id or an address of somebody. */
const PERSON = /(^|[._])(by|assigned_to|user_id|owner)$/;
/** Fields that say when, in epoch milliseconds. */
const MOMENT = /(_at|_until|_date|^from|^to|^at|^until)$/;

/** A value of a field as people read it: names of people, and moments by `momentOf`; all else as it is. */
export function readable(field: string, value: string, nameOf: (who: string) => string, momentOf: (t: number) => string): string {
  if (PERSON.test(field)) return nameOf(value);
  return MOMENT.test(field) && /^\d{12,14}$/.test(value) ? momentOf(Number(value)) : value;
}

export interface Difference {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

/** What was and what is, field by field; of objects only the members that differ. */
export function differencesOf(changes: AuditEntry['changes']): Difference[] {
  return Object.entries(changes).flatMap(([field, { before, after }]) => differences(field, before, after));
}

function differences(field: string, before: unknown, after: unknown): Difference[] {
  const isWhole = (value: unknown) => isRecord(value) || isNothing(value);
  if (isWhole(before) && isWhole(after) && (isRecord(before) || isRecord(after))) {
    const [was, is] = [recordOf(before), recordOf(after)];
    const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
    return names.flatMap((name) =>
      JSON.stringify(was[name]) === JSON.stringify(is[name]) ? [] : differences(`${field}.${name}`, was[name], is[name]),
    );
  }
  return [{ field, before: textOf(before), after: textOf(after) }];
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined;
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  if (isNothing(value)) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 1);
}
