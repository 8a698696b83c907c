import * as z from 'zod';
import { HOST_GAUGES } from './aggregates.ts';
import { measuresSchema } from './api.ts';
import { idSchema, labelsSchema } from './events.ts';

/**
 * Rules, alerts and notifications. A rule watches the keys of a set; every key that breaches it has an alert
 * of its own, whose states are those of Prometheus. Times are epoch milliseconds, durations seconds.
 */

export const WATCHED_SETS = ['agent', 'model', 'host', 'fleet', 'pipeline'] as const;
export type WatchedSet = (typeof WATCHED_SETS)[number];

/** The rolling windows of rules, in milliseconds. */
export const RULE_WINDOWS = { '1m': 60_000, '5m': 300_000, '15m': 900_000, '1h': 3_600_000 } as const;
export type RuleWindow = keyof typeof RULE_WINDOWS;

export const COMPARISONS = ['>', '>=', '<', '<='] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** From the least to the most urgent. */
export const SEVERITIES = ['info', 'warning', 'error'] as const;
export const severitySchema = z.enum(SEVERITIES);
export type Severity = z.infer<typeof severitySchema>;

const EVENT_MEASURES = [...measuresSchema.keyof().options, 'error_rate'] as const;
/** `lag_s`: how far the slowest source is behind the clock, in seconds. */
const PIPELINE_MEASURES = ['lag_s'] as const;

/** What a rule may look at, by what it watches. `error_rate` is errors by messages, 0 to 1; a gauge is its mean. */
export const MEASURES_OF = {
  agent: EVENT_MEASURES,
  model: EVENT_MEASURES,
  fleet: EVENT_MEASURES,
  host: HOST_GAUGES,
  pipeline: PIPELINE_MEASURES,
} as const satisfies Record<WatchedSet, readonly string[]>;
export type RuleMeasure = (typeof MEASURES_OF)[WatchedSet][number];

const ALL_MEASURES = [...new Set<RuleMeasure>([...EVENT_MEASURES, ...HOST_GAUGES, ...PIPELINE_MEASURES])];

/** The least and the greatest value that a measure can have. */
export function boundsOf(measure: RuleMeasure): readonly [min: number, max: number] {
  if (measure === 'error_rate') return [0, 1];
  if (measure === 'cpu_usage' || measure === 'memory_usage' || measure === 'disk_usage') return [0, 100];
  if (measure === 'average_feedback_score') return [-1_000, 1_000];
  return [0, Infinity];
}

/** What a template may name between double braces. */
export const TEMPLATE_FIELDS = ['value', 'key', 'threshold', 'rule', 'level'] as const;
export type TemplateField = (typeof TEMPLATE_FIELDS)[number];

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** Fills the placeholders of a template that `templateMistake` has nothing against. */
export function fillTemplate(template: string, fields: Readonly<Record<TemplateField, string>>): string {
  return template.replaceAll(PLACEHOLDER, (whole, name: string) => (isTemplateField(name) ? fields[name] : whole));
}

/** What is wrong with a template, as a sentence; undefined where nothing is. */
export function templateMistake(template: string): string | undefined {
  for (const [whole, name = ''] of template.matchAll(PLACEHOLDER)) {
    if (!isTemplateField(name)) return `${whole} is none of ${TEMPLATE_FIELDS.map((field) => `{{${field}}}`).join(', ')}`;
  }
  const rest = template.replaceAll(PLACEHOLDER, '');
  return rest.includes('{{') || rest.includes('}}') ? 'a {{ without its }}, or the other way round' : undefined;
}

function isTemplateField(name: string): name is TemplateField {
  return (TEMPLATE_FIELDS as readonly string[]).includes(name);
}

const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(max, `must be at most ${max} characters`)
    // eslint-disable-next-line no-control-regex -- control characters are what is refused here
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not contain control characters')
    .refine((text) => text.isWellFormed(), 'must not contain half a surrogate pair');

const template = z
  .string()
  .max(1_000)
  // eslint-disable-next-line no-control-regex -- line breaks are fine, other control characters are not
  .regex(/^[^\u0000-\u0009\u000b-\u001f\u007f]*$/, 'must not contain control characters')
  .superRefine((text, context) => {
    const mistake = templateMistake(text);
    if (mistake !== undefined) context.addIssue({ code: 'custom', message: mistake });
  });

const seconds = (max: number) => z.number().min(0).max(max);
const DAY_S = 86_400;

/** Keys of a set; without keys and labels, all of it. `labels` are those of agents and hosts, all of which must fit. */
const watchSchema = z.strictObject({
  set: z.enum(WATCHED_SETS),
  keys: z.array(idSchema).min(1, 'name at least one key, or leave it out').max(1_000).optional(),
  labels: labelsSchema.refine((labels) => Object.keys(labels).length > 0, 'name at least one, or leave it out').optional(),
});

/** An alert that fires ends when the value is back behind `recovery`, or behind `threshold` where none is given. */
const levelSchema = z.strictObject({ threshold: z.number().finite(), recovery: z.number().finite().optional() });
export type Level = z.infer<typeof levelSchema>;

const common = {
  name: line(80),
  enabled: z.boolean().default(true),
  watch: watchSchema,
  /** How long a breach must last before the alert fires. */
  for_s: seconds(7 * DAY_S).default(0),
  /** How long the alert goes on firing after the breach has ended. */
  keep_firing_for_s: seconds(7 * DAY_S).default(0),
  labels: labelsSchema.default({}),
  annotations: z
    .record(z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'is no name of an annotation'), template)
    .refine((annotations) => Object.keys(annotations).length <= 16, 'at most 16 annotations')
    .default({}),
  runbook_url: z
    .url({ protocol: /^https?$/, error: 'must be an http or https address' })
    .max(2_000)
    .nullable()
    .default(null),
  owner: line(200).nullable().default(null),
};

/** A measure over a rolling window, compared. */
const thresholdSchema = z.strictObject({
  kind: z.literal('threshold'),
  ...common,
  measure: z.enum(ALL_MEASURES),
  window: z.enum(['1m', '5m', '15m', '1h']).default('5m'),
  comparison: z.enum(COMPARISONS).default('>'),
  warning: levelSchema.optional(),
  error: levelSchema.optional(),
  /** With fewer messages (samples of a host) in the window there is no value. */
  min_messages: z.number().int().min(0).max(1e9).default(0),
});
/** Nothing at all in a rolling window. */
const absenceSchema = z.strictObject({
  kind: z.literal('absence'),
  ...common,
  window: z.enum(['1m', '5m', '15m', '1h']).default('5m'),
  severity: severitySchema.default('warning'),
});
/** An agent or a host that no longer says anything, by the log's clock. */
const livenessSchema = z.strictObject({
  kind: z.literal('liveness'),
  ...common,
  /** Silent for longer than this is offline; unset: as the installation is configured. */
  silent_s: z.number().min(5).max(DAY_S).optional(),
  severity: severitySchema.default('error'),
});

export const ruleSchema = z
  .discriminatedUnion('kind', [thresholdSchema, absenceSchema, livenessSchema])
  .superRefine((rule, context) => {
    for (const [path, message] of ruleMistakes(rule)) context.addIssue({ code: 'custom', path: [...path], message });
  });
export type Rule = z.infer<typeof ruleSchema>;
export type RuleInput = z.input<typeof ruleSchema>;
export type ThresholdRule = Extract<Rule, { kind: 'threshold' }>;

type Mistake = readonly [path: readonly string[], message: string];

function* ruleMistakes(rule: Rule): Generator<Mistake> {
  const { set, keys, labels } = rule.watch;
  if (labels !== undefined && set !== 'agent' && set !== 'host') {
    yield [['watch', 'labels'], `only agents and hosts have labels, not ${set}`];
  }
  if (keys !== undefined && labels !== undefined) yield [['watch', 'labels'], 'give keys or labels, not both'];
  if (keys !== undefined && (set === 'fleet' || set === 'pipeline'))
    yield [['watch', 'keys'], `${set} has no keys: leave it out`];
  switch (rule.kind) {
    case 'threshold':
      yield* thresholdMistakes(rule);
      return;
    case 'absence':
      if (set === 'pipeline') yield [['watch', 'set'], 'the pipeline is watched by a threshold of lag_s'];
      if (set === 'model' && keys === undefined) yield [['watch', 'keys'], 'name the models whose absence matters'];
      return;
    case 'liveness':
      if (set !== 'agent' && set !== 'host') yield [['watch', 'set'], 'only agents and hosts can be offline'];
      return;
    default:
      rule satisfies never;
  }
}

function* thresholdMistakes(rule: ThresholdRule): Generator<Mistake> {
  const { measure, comparison, warning, error } = rule;
  const measures: readonly string[] = MEASURES_OF[rule.watch.set];
  if (!measures.includes(measure)) {
    yield [['measure'], `${rule.watch.set} has no ${measure}; it has ${measures.join(', ')}`];
  }
  if (warning === undefined && error === undefined) yield [['warning'], 'give warning, error, or both'];
  const above = comparison === '>' || comparison === '>=';
  const isBeyond = (a: number, b: number) => (above ? a > b : a < b);
  for (const [name, level] of [
    ['warning', warning],
    ['error', error],
  ] as const) {
    if (level === undefined) continue;
    const reason = impossible(measure, comparison, level.threshold);
    if (reason !== undefined) yield [[name, 'threshold'], reason];
    if (level.recovery !== undefined && isBeyond(level.recovery, level.threshold)) {
      yield [[name, 'recovery'], `must be ${above ? 'at most' : 'at least'} the threshold, ${level.threshold}`];
    }
    if (level.recovery !== undefined && impossible(measure, comparison, level.recovery) !== undefined) {
      yield [[name, 'recovery'], `${measure} never gets there, so the alert would never end`];
    }
  }
  if (warning !== undefined && error !== undefined && isBeyond(warning.threshold, error.threshold)) {
    yield [['error', 'threshold'], `must not be reached before that of the warning, ${warning.threshold}`];
  }
}

/** Why `measure` can never, or must always, breach a threshold; undefined where it is a real question. */
function impossible(measure: RuleMeasure, comparison: Comparison, threshold: number): string | undefined {
  const [min, max] = boundsOf(measure);
  const isMoot = {
    '>': threshold < min || threshold >= max,
    '>=': threshold <= min || threshold > max,
    '<': threshold <= min || threshold > max,
    '<=': threshold < min || threshold >= max,
  }[comparison];
  if (!isMoot) return undefined;
  const range = max === Infinity ? `is never below ${min}` : `lies between ${min} and ${max}`;
  return `${measure} ${range}: ${comparison} ${threshold} says nothing about it`;
}

/** A rule as the API answers it. */
export const storedRuleSchema = z.object({
  id: z.string(),
  /** Grows by one with every change. */
  version: z.number().int(),
  /** Shipped with Fleetbeat. */
  built_in: z.boolean(),
  created_at: z.number(),
  updated_at: z.number(),
  updated_by: z.string(),
  /** When it was evaluated last, to within a minute; null before the first time. */
  evaluated_at: z.number().nullable(),
  /** Why it could not be evaluated; null where it could. */
  problem: z.string().nullable(),
  pending: z.number().int(),
  firing: z.number().int(),
  /** Keys in breach beyond the most alerts that one rule may have. */
  beyond_limit: z.number().int(),
  rule: z.discriminatedUnion('kind', [thresholdSchema, absenceSchema, livenessSchema]),
});
export type StoredRule = z.infer<typeof storedRuleSchema>;

/**
 * inactive: no breach. pending: a breach that has not lasted for `for_s`. firing. resolved: was firing; a new
 * breach is a new alert. Alerts that went back from pending to inactive are not kept.
 */
export const ALERT_STATES = ['inactive', 'pending', 'firing', 'resolved'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** Why an alert changed. */
export const TRANSITION_REASONS = [
  'breach_began',
  'breach_lasted',
  'worse_lasted',
  'worse_ended',
  'breach_ended',
  'no_data',
  'rule_disabled',
] as const;
export type TransitionReason = (typeof TRANSITION_REASONS)[number];

export const alertSchema = z.object({
  id: z.number().int(),
  rule_id: z.string(),
  rule_name: z.string(),
  set: z.enum(WATCHED_SETS),
  /** The agent, model or host; `all` for the fleet and the pipeline. */
  key: z.string(),
  state: z.enum(['pending', 'firing', 'resolved']),
  severity: severitySchema,
  /** At the last change of state; null where there was no data. */
  value: z.number().nullable(),
  reason: z.enum(TRANSITION_REASONS),
  labels: z.record(z.string(), z.string()),
  /** Templates of the rule, filled. */
  annotations: z.record(z.string(), z.string()),
  runbook_url: z.string().nullable(),
  owner: z.string().nullable(),
  began_at: z.number(),
  fired_at: z.number().nullable(),
  resolved_at: z.number().nullable(),
  acknowledged_at: z.number().nullable(),
  acknowledged_by: z.string().nullable(),
});
export type Alert = z.infer<typeof alertSchema>;

/** How alerts of a rule changed. */
const ALERT_NEWS = ['firing', 'escalated', 'eased', 'resolved'] as const;
export type AlertNews = (typeof ALERT_NEWS)[number];

/** What happened to tasks, and to suggestions. */
const WORK_NEWS = ['task_completed', 'task_failed', 'task_overdue', 'suggestion_created'] as const;
export type WorkNews = (typeof WORK_NEWS)[number];

/** What is told in the dashboard: about alerts of one rule that changed together, or about a subject. */
export const notificationSchema = z.object({
  id: z.number().int(),
  at: z.number(),
  severity: severitySchema,
  kind: z.enum([...ALERT_NEWS, ...WORK_NEWS]),
  /** At most 80 characters. */
  title: z.string(),
  /** Further lines, possibly none. */
  body: z.string(),
  /** Null where it is not about alerts. */
  rule_id: z.string().nullable(),
  alert_ids: z.array(z.number().int()),
  /** The task or the suggestion; null where it is about alerts. */
  subject: z.object({ type: z.enum(['task', 'suggestion']), id: z.string() }).nullable(),
  read_at: z.number().nullable(),
  read_by: z.string().nullable(),
});
export type Notification = z.infer<typeof notificationSchema>;
