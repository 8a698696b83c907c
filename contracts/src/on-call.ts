import * as z from 'zod';
import { idSchema } from './events.ts';
import { intervalSchema, lineSchema, storedSchema, timeZoneSchema } from './routing.ts';
import { bodyTimeSchema } from './time-input.ts';

/** Who is called when: schedules and escalation policies. Times are epoch milliseconds, durations seconds. */

const date = z.iso.date('must be a date like 2026-01-31').meta({ examples: ['2026-01-31'] });
const clockTime = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time like 09:00')
  .meta({ examples: ['09:00'] });

/** The longest range of a calendar, in milliseconds (92 days). */
export const MAX_CALENDAR_MS = 92 * 86_400_000;
/** How far ahead gaps are looked for, in milliseconds (28 days). */
export const GAPS_AHEAD_MS = 28 * 86_400_000;

/**
 * Users who take turns. Turns of days and weeks change hands at `handoff` by the clocks of the schedule's time zone, whatever
 * daylight saving does; turns of hours by elapsed time.
 */
export const layerSchema = z
  .strictObject({
    name: lineSchema(80),
    users: z.array(idSchema).min(1, 'name at least one user').max(100),
    /** The first turn begins on this day at `handoff`. */
    starts_on: date,
    /** The layer ends on this day at `handoff`; unset: never. */
    ends_on: date.nullable().default(null),
    handoff: clockTime.default('09:00'),
    turn: z.strictObject({ unit: z.enum(['hours', 'days', 'weeks']), count: z.number().int().min(1).max(366) }),
    /** Only at these times, such as nights or weekends; unset: always. */
    times: z.array(intervalSchema).min(1).max(20).nullable().default(null),
  })
  .superRefine(({ starts_on, ends_on }, context) => {
    if (ends_on !== null && ends_on <= starts_on)
      context.addIssue({ code: 'custom', path: ['ends_on'], message: 'must lie after starts_on' });
  });
export type Layer = z.infer<typeof layerSchema>;

/** Where several layers have somebody, the last of them counts. */
export const scheduleSchema = z.strictObject({
  name: lineSchema(80),
  time_zone: timeZoneSchema,
  layers: z.array(layerSchema).min(1, 'give at least one layer').max(10),
});
export type Schedule = z.infer<typeof scheduleSchema>;

/** Somebody takes over for a while, whatever the layers say. Of two the one made later counts. */
export const overrideSchema = z
  .strictObject({ user_id: idSchema, from: bodyTimeSchema, to: bodyTimeSchema })
  .superRefine(({ from, to }, context) => {
    if (to <= from) context.addIssue({ code: 'custom', path: ['to'], message: 'must lie after from' });
    if (to - from > 366 * 86_400_000) context.addIssue({ code: 'custom', path: ['to'], message: 'at most 366 days after from' });
  });
export type OverrideInput = z.infer<typeof overrideSchema>;
export const storedOverrideSchema = z.object({ id: z.number().int(), user_id: z.string(), from: z.number(), to: z.number() });
export type Override = z.infer<typeof storedOverrideSchema>;

/** Who is on call in a stretch of time, half-open; `user_id` null is a gap. `by`: the layer, or `override`. */
export const stretchSchema = z.object({
  from: z.number(),
  to: z.number(),
  user_id: z.string().nullable(),
  by: z.string().nullable(),
});
export type Stretch = z.infer<typeof stretchSchema>;

export const storedScheduleSchema = storedSchema(scheduleSchema).extend({
  /** Those that are not over, the first to begin first. */
  overrides: z.array(storedOverrideSchema),
  /** Who is on call now, and when that changes. */
  on_call: stretchSchema,
  /** When nobody is on call within the next 28 days; at most 20. */
  gaps: z.array(z.object({ from: z.number(), to: z.number() })),
  /** The same, for people. */
  warnings: z.array(z.string()),
});
export type StoredSchedule = z.infer<typeof storedScheduleSchema>;

export const onCallSchema = z.object({
  items: z.array(z.object({ schedule_id: z.string(), name: z.string(), on_call: stretchSchema })),
});
export const calendarSchema = z.object({ items: z.array(stretchSchema) });

/** Asks who would be on call by a schedule that is not kept, in a range of at most 92 days. */
export const schedulePreviewSchema = z
  .strictObject({
    definition: scheduleSchema,
    overrides: z.array(overrideSchema).max(500).default([]),
    from: bodyTimeSchema,
    to: bodyTimeSchema,
  })
  .superRefine(({ from, to }, context) => {
    if (to <= from) context.addIssue({ code: 'custom', path: ['to'], message: 'must lie after from' });
    if (to - from > MAX_CALENDAR_MS) context.addIssue({ code: 'custom', path: ['to'], message: 'at most 92 days after from' });
  });
export type SchedulePreview = z.input<typeof schedulePreviewSchema>;

/** `schedule`: the own channels of whoever is on call; `user`: that user's own channels. */
export const targetSchema = z.strictObject({ type: z.enum(['channel', 'schedule', 'user']), id: idSchema });
export type Target = z.infer<typeof targetSchema>;

/** While nobody acknowledges, each step tells its targets, `after_s` after the one before. */
export const escalationSchema = z.strictObject({
  name: lineSchema(80),
  steps: z
    .array(
      z.strictObject({
        after_s: z.number().min(0).max(86_400),
        targets: z.array(targetSchema).min(1, 'name at least one target').max(20),
      }),
    )
    .min(1, 'give at least one step')
    .max(20),
  /** How often all steps are gone through again, and how long after the last one. */
  repeat: z
    .strictObject({ times: z.number().int().min(0).max(20), after_s: z.number().min(1).max(86_400) })
    .default({ times: 0, after_s: 300 }),
});
export type Escalation = z.infer<typeof escalationSchema>;

export const storedEscalationSchema = storedSchema(escalationSchema).extend({
  /** Targets that reach nobody as things are. */
  warnings: z.array(z.string()),
});
