import * as z from 'zod';
import { severitySchema } from './alerts.ts';
import { idSchema } from './events.ts';
import { ruleSchema } from './rules.ts';
import { bodyTimeSchema } from './time-input.ts';

/** What a rule would have done over stored history. Times are epoch milliseconds. */

/** Alerts that one answer lists at most, the first of them; further ones are counted. */
export const MAX_BACKTEST_ALERTS = 1_000;

export const backtestSchema = z
  .strictObject({
    rule: ruleSchema.optional().describe('As `POST /rules` takes it; it need not be saved'),
    rule_id: idSchema.optional().describe('Instead of `rule`: one that is saved'),
    from: bodyTimeSchema,
    to: bodyTimeSchema.optional().describe('Epoch milliseconds or RFC 3339; unset: now'),
  })
  .refine(({ rule, rule_id: id }) => (rule === undefined) !== (id === undefined), 'give either rule or rule_id')
  .refine(({ from, to }) => to === undefined || from < to, { path: ['to'], message: 'must lie after from' });
export type BacktestInput = z.input<typeof backtestSchema>;

/** One alert that would have fired: one line of the timeline. */
export const backtestAlertSchema = z.object({
  key: z.string(),
  began_at: z.number(),
  fired_at: z.number(),
  /** Null: it still fires at the end of the range. */
  resolved_at: z.number().nullable(),
  /** The worst that it was. */
  severity: severitySchema,
  /** When it began to fire; null where there was no data. */
  value: z.number().nullable(),
  /** What it was from when on, the first as it began to fire. */
  levels: z.array(z.object({ at: z.number(), severity: severitySchema, value: z.number().nullable() })),
});
export type BacktestAlert = z.infer<typeof backtestAlertSchema>;

const bySeverity = z.object({
  /** Alerts by the worst that they were. */
  fired: z.number().int(),
  /** How long alerts were at it, together. */
  firing_ms: z.number(),
});

const told = z.object({ id: z.string(), name: z.string(), count: z.number().int() });
/** Who would have been told, had nobody ever acknowledged: by routes, schedules and people's channels as they are now. */
export const backtestTellingSchema = z.object({
  /** Incidents that the alerts would have been grouped into. */
  incidents: z.number().int(),
  /** How often a person would have been called by an escalation. */
  pages: z.number().int(),
  /** Whom, the most often called first. */
  people: z.array(told),
  /** Calls that would have reached nobody: nobody on call, or somebody without a channel. */
  unreached: z.number().int(),
  /** Notices to channels, besides calls. */
  notices: z.number().int(),
  channels: z.array(told),
  /** Alerts of which nobody would have been told, and why, by reason. */
  held_back: z.array(z.object({ reason: z.string(), alerts: z.number().int() })),
});
export type BacktestTelling = z.infer<typeof backtestTellingSchema>;

export const backtestAnswerSchema = z.object({
  from: z.number(),
  to: z.number(),
  /** How far the windows moved between two looks. */
  step_ms: z.number(),
  /** Keys that were looked at. */
  series: z.number().int(),
  /** How many alerts would have fired. */
  fired: z.number().int(),
  /** For how long at least one would have fired. */
  firing_ms: z.number(),
  by_severity: z.object({ info: bySeverity, warning: bySeverity, error: bySeverity }),
  /** Breaches that found no room among the most alerts that a rule may have. */
  beyond_limit: z.number().int(),
  telling: backtestTellingSchema,
  /** In order of time. */
  timeline: z.array(backtestAlertSchema),
  /** Alerts that the timeline has no room for. */
  left_off: z.number().int(),
});
export type BacktestAnswer = z.infer<typeof backtestAnswerSchema>;
