import * as z from 'zod';
import { SEVERITIES, type Notification } from './alerts.ts';
import { timesSchema } from './routing.ts';

/** What somebody wants to see of what is told in the dashboard. What names its reader, such as a mention, always appears. */
export const preferencesSchema = z.strictObject({
  alerts: z
    .enum([...SEVERITIES, 'none'])
    .default('info')
    .describe('The least severity of notices about alerts that appear; that one has ended is info'),
  task_completed: z.boolean().default(true),
  task_failed: z.boolean().default(true),
  task_overdue: z.boolean().default(true),
  suggestion_created: z.boolean().default(true),
  quiet_hours: timesSchema.nullable().default(null).describe('What is only info appears when they are over'),
});
export type Preferences = z.infer<typeof preferencesSchema>;

/** Everything, always: what whoever has said nothing sees. */
export const SEE_ALL: Preferences = preferencesSchema.parse({});

/** Kinds of notices that somebody does not want at all, and the alerts that are too little for them. */
export function isWanted(preferences: Preferences, { kind, severity }: Pick<Notification, 'kind' | 'severity'>): boolean {
  switch (kind) {
    case 'firing':
    case 'escalated':
    case 'eased':
    case 'resolved':
      return preferences.alerts !== 'none' && SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(preferences.alerts);
    case 'task_completed':
    case 'task_failed':
    case 'task_overdue':
    case 'suggestion_created':
      return preferences[kind];
    case 'mentioned':
      return true;
    default:
      return kind satisfies never;
  }
}
