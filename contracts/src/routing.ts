import * as z from 'zod';
import { noticeAlertSchema } from './delivery.ts';
import { idSchema } from './events.ts';
import { bodyTimeSchema } from './time-input.ts';

/**
 * Who is told about which alerts: routes, inhibitions and silences, with the semantics of Alertmanager. They see an
 * alert by its labels. Times are epoch milliseconds, durations seconds.
 */

/**
 * Labels that every alert has besides those of its agent or host and those of its rule: `alertname` is the rule's name,
 * `kind` the rule's kind, `set` and `key` what it is about. `agent`, `host` and `model` are there where they are known.
 */
export const ALERT_LABELS = ['alertname', 'rule_id', 'kind', 'severity', 'set', 'key', 'agent', 'host', 'model'] as const;

/** One line of text that people read. */
export const lineSchema = (max: number) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(max, `must be at most ${max} characters`)
    // eslint-disable-next-line no-control-regex -- control characters are what is refused here
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not contain control characters')
    .refine((text) => text.isWellFormed(), 'must not contain half a surrogate pair');

const labelName = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'is no label name')
  .meta({ examples: ['agent', 'team'] });

export const MATCH_OPERATORS = ['=', '!=', '=~', '!~'] as const;
/** `=~` and `!~` take an RE2 pattern, which must fit the whole value. A label that is not there is an empty one. */
export const matcherSchema = z.strictObject({
  label: labelName,
  op: z.enum(MATCH_OPERATORS).default('='),
  value: z.string().max(256, 'must be at most 256 characters'),
});
export type Matcher = z.infer<typeof matcherSchema>;

/** All of them must fit. */
const matchersSchema = z.array(matcherSchema).max(20);

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const clockTime = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be a time like 22:30')
  .meta({ examples: ['22:30'] });

/** Times of the week or the year: what is left out is every one. Where `to` is not after `from`, it is on the next day. */
export const intervalSchema = z.strictObject({
  weekdays: z.array(z.enum(WEEKDAYS)).min(1).max(7).optional(),
  /** Negative ones count from the month's end: -1 is its last day. */
  days_of_month: z
    .array(
      z
        .number()
        .int()
        .min(-31)
        .max(31)
        .refine((day) => day !== 0, 'there is no day 0'),
    )
    .min(1)
    .max(31)
    .optional(),
  months: z.array(z.number().int().min(1).max(12)).min(1).max(12).optional(),
  from: clockTime.default('00:00'),
  to: clockTime.default('24:00'),
});
export type Interval = z.infer<typeof intervalSchema>;

/** A name of the IANA time zone database. */
export const timeZoneSchema = z
  .string()
  .max(64)
  .refine(isTimeZone, 'is no time zone of the IANA database, such as Europe/Berlin')
  .meta({ examples: ['Europe/Berlin', 'UTC'] });

function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Any of the intervals, by the clocks of a place. */
export const timesSchema = z.strictObject({ time_zone: timeZoneSchema, intervals: z.array(intervalSchema).min(1).max(20) });
export type Times = z.infer<typeof timesSchema>;

const DAY_S = 86_400;
const seconds = (min: number, max: number) => z.number().min(min).max(max);

/** What a route says about those it takes; what it leaves out is as its parent's. */
const inherited = {
  /** Alerts with the same values of these labels are one incident; none: all are, `...`: each is its own. */
  group_by: z.array(z.union([labelName, z.literal('...')])).max(16),
  /** How long to wait for more alerts before a new incident is told. */
  group_wait_s: seconds(0, 3_600),
  /** How long to wait before changes of an incident are told. */
  group_interval_s: seconds(1, DAY_S),
  /** How long to wait before the same is told again. */
  repeat_interval_s: seconds(1, 30 * DAY_S),
  /** An incident that is over is opened again, rather than a new one, where the next alert comes within this time. */
  reopen_s: seconds(0, 7 * DAY_S),
  channels: z.array(idSchema).max(20),
  escalation_id: idSchema.nullable(),
  tell_resolved: z.boolean(),
  /** Nobody is told at these times. */
  mute: timesSchema.nullable(),
  /** Nobody is told of what is only info at these times. */
  quiet_hours: timesSchema.nullable(),
};

/** The route that every alert takes which no other takes; its id. */
export const DEFAULT_ROUTE = 'default';

export const routeSchema = z.strictObject({
  name: lineSchema(80),
  /** Null for the default route alone. */
  parent_id: idSchema.nullable().default(DEFAULT_ROUTE),
  /** Among those of the same parent, the lowest first. */
  position: z.number().int().min(0).max(100_000).default(100),
  matchers: matchersSchema.default([]),
  /** Whether an alert that this route takes is offered to the routes after it as well. */
  continue: z.boolean().default(false),
  ...z.object(inherited).partial().shape,
});
export type Route = z.infer<typeof routeSchema>;

/** What a route comes to with all that it inherits. */
export const settingsSchema = z.object(inherited);
export type RouteSettings = z.infer<typeof settingsSchema>;

/** What the default route comes to where it leaves something out. */
export const DEFAULT_SETTINGS: RouteSettings = {
  group_by: ['alertname'],
  group_wait_s: 5,
  group_interval_s: 300,
  repeat_interval_s: 4 * 3_600,
  reopen_s: 600,
  channels: [],
  escalation_id: null,
  tell_resolved: true,
  mute: null,
  quiet_hours: null,
};

/** While an alert fires that `source` fits, nobody is told of those that `target` fits and that have the same labels `equal`. */
export const inhibitionSchema = z.strictObject({
  name: lineSchema(80),
  enabled: z.boolean().default(true),
  source: matchersSchema.min(1, 'give at least one'),
  target: matchersSchema.min(1, 'give at least one'),
  equal: z.array(labelName).max(16).default([]),
});
export type Inhibition = z.infer<typeof inhibitionSchema>;

/** Nobody is told of alerts that all matchers fit. With `times` it is a maintenance window, which may recur without end. */
export const silenceSchema = z
  .strictObject({
    comment: lineSchema(500),
    matchers: matchersSchema.min(1, 'give at least one'),
    /** Unset: from now on. */
    starts_at: bodyTimeSchema.optional(),
    ends_at: bodyTimeSchema.nullable().default(null),
    times: timesSchema.nullable().default(null),
  })
  .superRefine(({ starts_at, ends_at, times }, context) => {
    if (ends_at === null && times === null)
      context.addIssue({ code: 'custom', path: ['ends_at'], message: 'give an end, or the times of a maintenance window' });
    if (ends_at !== null && starts_at !== undefined && ends_at <= starts_at)
      context.addIssue({ code: 'custom', path: ['ends_at'], message: 'must lie after starts_at' });
  });
export type SilenceInput = z.infer<typeof silenceSchema>;
/** A silence as it is kept: it has a start. */
export type Silence = Omit<SilenceInput, 'starts_at'> & { starts_at: number };

/** A definition as the API answers it; `version` grows by one with every change and is its ETag. */
export function storedSchema<T extends z.ZodType>(definition: T) {
  return z.object({
    id: z.string(),
    version: z.number().int(),
    /** Shipped with Fleetbeat. */
    built_in: z.boolean(),
    created_at: z.number(),
    created_by: z.string(),
    updated_at: z.number(),
    updated_by: z.string(),
    definition,
  });
}
export type Stored<T> = Omit<z.infer<ReturnType<typeof storedSchema>>, 'definition'> & { definition: T };

export const storedRouteSchema = storedSchema(routeSchema).extend({
  /** With what it inherits. */
  settings: settingsSchema,
});
export const storedInhibitionSchema = storedSchema(inhibitionSchema);

/** Alerts that fire and that some matchers fit: how many, and the first of them. */
const affectsSchema = z.object({
  alerts: z.number().int(),
  first: z.array(noticeAlertSchema.pick({ id: true, rule_name: true, key: true })),
});
export type Affects = z.infer<typeof affectsSchema>;

/** Asks what a silence with these matchers would hold back. */
export const silenceTestSchema = z.strictObject({ matchers: matchersSchema.min(1, 'give at least one') });
export const silenceTestAnswerSchema = z.object({ affects: affectsSchema });

/** `recurring`: a maintenance window, between two of its times. */
export const SILENCE_STATES = ['pending', 'active', 'recurring', 'expired'] as const;
export const storedSilenceSchema = storedSchema(
  z.object({
    comment: z.string(),
    matchers: matchersSchema,
    starts_at: z.number(),
    ends_at: z.number().nullable(),
    times: timesSchema.nullable(),
  }),
).extend({
  state: z.enum(SILENCE_STATES),
  affects: affectsSchema,
});
export type StoredSilence = z.infer<typeof storedSilenceSchema>;

/** Asks what would become of an alert with these labels. */
export const routeTestSchema = z.strictObject({
  labels: z
    .record(labelName, z.string().max(256))
    .refine((labels) => Object.keys(labels).length <= 64, 'at most 64 labels')
    .describe('As an alert would have them; `severity` is `error` unless given'),
  at: bodyTimeSchema.optional().describe('As of this time; unset: now'),
});

const receiver = z.object({ id: z.string(), name: z.string() });
export const routeTestAnswerSchema = z.object({
  /** Every route that was asked, in order, and why it takes the alert or does not. */
  trace: z.array(z.object({ route_id: z.string(), name: z.string(), takes: z.boolean(), why: z.string() })),
  /** The routes that would tell somebody. The last one makes the incident. */
  routes: z.array(
    z.object({
      route_id: z.string(),
      name: z.string(),
      makes_incident: z.boolean(),
      group_labels: z.record(z.string(), z.string()),
      settings: settingsSchema,
      channels: z.array(receiver),
      escalation: z
        .object({
          id: z.string(),
          name: z.string(),
          steps: z.array(z.object({ after_s: z.number(), reaches: z.array(z.string()) })),
        })
        .nullable(),
      /** Why nobody would be told by this route; null: they would. */
      held_back: z.string().nullable(),
    }),
  ),
});
export type RouteTestAnswer = z.infer<typeof routeTestAnswerSchema>;
