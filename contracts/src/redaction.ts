import * as z from 'zod';
import { agentMessageSchema, heartbeatSchema, hostSampleSchema, taskEventSchema, type EventTopic } from './events.ts';

/** Redaction: which parts of what agents send are never stored, and what stands in their place. */

/** What is known how to be found. Each is also the name that stands in its place. */
export const DETECTORS = ['email', 'phone', 'card', 'iban', 'ip', 'ssn', 'secret'] as const;
export type Detector = (typeof DETECTORS)[number];

/**
 * What stands in place of what was found: its kind, as `[email]`; its kind with a keyed hash, as `[email:kqzvtmwbhrle]`, the
 * same for equal values; or nothing.
 */
export const REPLACEMENTS = ['label', 'hash', 'remove'] as const;

/** Stands for a whole value that could not be redacted in part. */
export const REDACTED = 'redacted';

/** Fields of the schemas that nothing is counted or joined by. */
export const FREE_FIELDS: ReadonlySet<string> = new Set([
  ...['content', 'metadata', 'error_details', 'labels', 'name', 'description', 'result', 'error', 'capabilities'],
]);

function keptOf(schema: z.ZodObject): ReadonlySet<string> {
  return new Set(Object.keys(schema.shape).filter((field) => !FREE_FIELDS.has(field)));
}

const KEPT = {
  message: keptOf(agentMessageSchema),
  heartbeat: keptOf(heartbeatSchema),
  'host-events': keptOf(hostSampleSchema),
  'task-events': keptOf(taskEventSchema),
};

/** The fields of an event that are never changed: what it is known, counted and joined by. */
export function keptFields(topic: EventTopic, event: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  if (topic !== 'agent-events') return KEPT[topic];
  return event['message_type'] === 'heartbeat' ? KEPT.heartbeat : KEPT.message;
}

const EVER_KEPT = new Set(Object.values(KEPT).flatMap((fields) => [...fields]));

/** Where something is in an event: names from the outside in, with `*` for any name or place in a list. */
const pathSchema = z
  .string()
  .max(256, 'must be at most 256 characters')
  .regex(/^[^.\s*]{1,64}(?:\.(?:\*|[^.\s*]{1,64})){0,7}$|^\*(?:\.(?:\*|[^.\s*]{1,64})){0,7}$/, {
    error: 'must be names joined by dots, such as metadata.customer.*',
  })
  .refine(
    (path) => !EVER_KEPT.has(path.split('.', 1)[0] ?? ''),
    'names what events are counted or joined by: that is never changed',
  );

const pathsSchema = z.array(pathSchema).max(50, 'at most 50');

/** A regular expression of one's own, in the syntax of RE2. Its name stands in place of what it finds. */
const patternSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,31}$/, 'must be 1 to 32 lower-case letters, digits and _, a letter first')
    .refine((name) => name !== REDACTED && !DETECTORS.some((detector) => detector === name), 'is taken'),
  pattern: z.string().min(1, 'must not be empty').max(256, 'must be at most 256 characters'),
});

export const redactionSchema = z.strictObject({
  enabled: z.boolean(),
  detectors: z.array(z.enum(DETECTORS)).max(DETECTORS.length),
  patterns: z
    .array(patternSchema)
    .max(20, 'at most 20')
    .refine((patterns) => new Set(patterns.map(({ name }) => name)).size === patterns.length, 'two have the same name'),
  replace: z.enum(REPLACEMENTS),
  /** Where detectors and patterns look; with all that lies below. */
  fields: pathsSchema,
  /** What is left out wholly. */
  drop: pathsSchema,
});
export type RedactionSettings = z.infer<typeof redactionSchema>;

export const NO_REDACTION: RedactionSettings = {
  enabled: false,
  detectors: ['email', 'phone', 'card', 'iban', 'ssn', 'secret'],
  patterns: [],
  replace: 'label',
  fields: ['*'],
  drop: [],
};

/** As it is stored. `revision` 0: nobody has ever changed it. */
export const storedRedactionSchema = redactionSchema.extend({
  revision: z.number().int(),
  updated_at: z.number().nullable(),
  updated_by: z.string().nullable(),
});
export type StoredRedaction = z.infer<typeof storedRedactionSchema>;

/** A sample event of an agent, a host or a task, and the settings to try on it, whether or not they are switched on. */
export const redactionPreviewRequestSchema = z.strictObject({
  settings: redactionSchema,
  event: z.record(z.string(), z.unknown()),
});
export const redactionPreviewSchema = z.object({
  event: z.record(z.string(), z.unknown()),
  changed: z.boolean(),
});
export type RedactionPreview = z.infer<typeof redactionPreviewSchema>;
