import type { ReportSchedule, ReportScheduleInput } from '@fleetbeat/contracts/reports.ts';
import { scopeLabels, scopeWords } from '@fleetbeat/contracts/scope-text.ts';
import { formatMoment } from '../format/format-time.ts';

export const WEEKDAY_NAMES = {
  mon: 'Monday',
  tue: 'Tuesday',
  wed: 'Wednesday',
  thu: 'Thursday',
  fri: 'Friday',
  sat: 'Saturday',
  sun: 'Sunday',
} as const;

export const SPAN_NAMES = { '24h': '24 hours', '7d': '7 days', '30d': '30 days' } as const;

/** "Every Monday at 08:00, Europe/Berlin" */
export function whenSentence({ every, weekday, day, at, time_zone: zone }: ReportScheduleInput): string {
  const days = { daily: 'Every day', weekly: `Every ${WEEKDAY_NAMES[weekday]}`, monthly: `On day ${day} of every month` };
  return `${days[every]} at ${at}, ${zone}`;
}

/** "Only environment = production; agent: agent-7"; empty for everything, as the dashboard says. */
export function aboutSentence({ labels, variables }: Pick<ReportScheduleInput, 'labels' | 'variables'>): string {
  const scope = scopeLabels(labels);
  const chosen = Object.entries(variables).map(([name, value]) => `${name}: ${value}`);
  return [...(scope.length > 0 ? [`Only ${scopeWords(scope)}`] : []), ...chosen].join('; ');
}

/** What became of the newest mail, and when the next one goes. */
export function stateSentence({ enabled, next_at: next, last }: ReportSchedule): string {
  const ahead = enabled ? `Next ${formatMoment(next)}.` : 'Switched off.';
  if (last === null) return ahead;
  switch (last.state) {
    case 'queued':
      return `One is on its way. ${ahead}`;
    case 'retrying':
      return `Tried ${last.attempts === 1 ? 'once' : `${last.attempts} times`}, and will be again: ${last.reason ?? ''}. ${ahead}`;
    case 'failed':
      return `The last was not mailed: ${last.reason ?? ''}. ${ahead}`;
    case 'sent':
      return `Last mailed ${formatMoment(last.sent_at)}${last.reason === null ? '' : `, ${last.reason}`}. ${ahead}`;
    default:
      return last.state satisfies never;
  }
}

/** Addresses as they are typed: one a line, or between commas. */
export function recipientsOf(text: string): string[] {
  return text
    .split(/[\s,;]+/)
    .map((address) => address.trim())
    .filter((address) => address !== '');
}
