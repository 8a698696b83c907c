import * as z from 'zod';
import { severitySchema } from './alerts.ts';
import { idSchema, labelsSchema } from './events.ts';
import { ALL_MEASURES, boundsOf, isCounted, MEASURES_OF, SPENDINGS, WATCHED_SETS } from './rule-measures.ts';
import { templateMistake } from './rule-templates.ts';

/**
 * Rules. A rule watches the keys of a set; every key that breaches it has an alert of its own, whose states are those
 * of Prometheus. Durations are seconds.
 */

export const COMPARISONS = ['>', '>=', '<', '<='] as const;
export type Comparison = (typeof COMPARISONS)[number];

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

const someLabels = labelsSchema.refine((labels) => Object.keys(labels).length > 0, 'name at least one, or leave it out');

/**
 * Keys of a set; without keys and labels, all of it. `labels` are those of agents and hosts, all of which must fit;
 * whoever has any of `without_labels` is left out.
 */
const watchSchema = z.strictObject({
  set: z.enum(WATCHED_SETS),
  keys: z.array(idSchema).min(1, 'name at least one key, or leave it out').max(1_000).optional(),
  labels: someLabels.optional(),
  without_labels: someLabels.optional(),
});

/** An alert that fires ends when the value is back behind `recovery`, or behind `threshold` where none is given. */
const levelSchema = z.strictObject({ threshold: z.number().finite(), recovery: z.number().finite().optional() });
export type Level = z.infer<typeof levelSchema>;

const common = {
  name: line(80),
  enabled: z.boolean().default(true),
  /** Its alerts are recorded, and nobody is told. */
  shadow: z.boolean().default(false),
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
    .meta({ examples: ['https://wiki.example.com/runbooks/errors'] })
    .nullable()
    .default(null),
  owner: line(200).nullable().default(null),
};

const window = z.enum(['1m', '5m', '15m', '1h']).default('5m');
/** A measure over a rolling window, compared. */
const compared = {
  measure: z.enum(ALL_MEASURES),
  /** What the measure is divided by; where that is 0 there is no value. */
  denominator: z.enum(ALL_MEASURES).optional(),
  window,
  comparison: z.enum(COMPARISONS).default('>'),
  warning: levelSchema.optional(),
  error: levelSchema.optional(),
  /** With fewer messages (samples of a host, ended tasks of a workflow) in the window there is no value. */
  min_messages: z.number().int().min(0).max(1e9).default(0),
};
const thresholdSchema = z.strictObject({
  kind: z.literal('threshold'),
  ...common,
  ...compared,
  /** The measure by second of the window. */
  per_second: z.boolean().default(false),
});
/** How much more or less than in the same window a day or a week before, in percent. */
const changeSchema = z.strictObject({
  kind: z.literal('change'),
  ...common,
  ...compared,
  against: z.enum(['yesterday', 'last_week']).default('yesterday'),
});
const fraction = z.number().gt(0).max(100);
/** What is spent over a rolling period, in whole hours (of `1h`: minutes), the running one included. */
const budgetSchema = z.strictObject({
  kind: z.literal('budget'),
  ...common,
  measure: z.enum(SPENDINGS),
  period: z.enum(['1h', '24h', '7d', '30d']).default('24h'),
  /** Tokens or US dollars. */
  limit: z.number().gt(0).max(1e15),
  /** Parts of the limit at which the levels begin; null: no such level. */
  warning_at: fraction.nullable().default(0.8),
  error_at: fraction.nullable().default(1),
  /** Warns as well where the limit will be reached within this long, at the rate of the last hour (of `1h`: of the last 5 minutes). */
  warn_ahead_s: seconds(30 * DAY_S).optional(),
});
/** Nothing at all in a rolling window. */
const absenceSchema = z.strictObject({
  kind: z.literal('absence'),
  ...common,
  window,
  severity: severitySchema.default('warning'),
});
/** An agent or a host that no longer says anything, by the log's clock. */
const livenessSchema = z.strictObject({
  kind: z.literal('liveness'),
  ...common,
  /** Silent for longer than this is offline; unset: as the installation is configured. */
  silent_s: z.number().min(5).max(DAY_S).optional(),
  /** Only agents that have ever sent a heartbeat: silence of the others may be all that they have to say. */
  heartbeats_only: z.boolean().default(false),
  severity: severitySchema.default('error'),
});
/** An agent that is busy, answers, and gets nowhere: none of its tasks in progress has moved for `stalled_s`. */
const loopingSchema = z.strictObject({
  kind: z.literal('looping'),
  ...common,
  stalled_s: z
    .number()
    .min(60)
    .max(7 * DAY_S)
    .default(1_800),
  severity: severitySchema.default('warning'),
});

const anyRuleSchema = z.discriminatedUnion('kind', [
  thresholdSchema,
  changeSchema,
  budgetSchema,
  absenceSchema,
  livenessSchema,
  loopingSchema,
]);

export const ruleSchema = anyRuleSchema.superRefine((rule, context) => {
  for (const [path, message] of ruleMistakes(rule)) context.addIssue({ code: 'custom', path: [...path], message });
});
export type Rule = z.infer<typeof ruleSchema>;
export type RuleInput = z.input<typeof ruleSchema>;
export type RuleOf<Kind extends Rule['kind']> = Extract<Rule, { kind: Kind }>;
/** A rule that compares a measure of a rolling window. */
export type ComparedRule = RuleOf<'threshold' | 'change'>;

type Mistake = readonly [path: readonly string[], message: string];

function* ruleMistakes(rule: Rule): Generator<Mistake> {
  yield* watchMistakes(rule.watch);
  const { set, keys } = rule.watch;
  switch (rule.kind) {
    case 'threshold':
    case 'change':
      yield* comparedMistakes(rule);
      return;
    case 'budget':
      if (set !== 'agent' && set !== 'model' && set !== 'fleet') yield [['watch', 'set'], `${set} spends nothing`];
      if (rule.warning_at === null && rule.error_at === null) yield [['warning_at'], 'give warning_at, error_at, or both'];
      if (rule.warning_at !== null && rule.error_at !== null && rule.warning_at > rule.error_at) {
        yield [['error_at'], `must not be reached before warning_at, ${rule.warning_at}`];
      }
      if (rule.warn_ahead_s !== undefined && rule.warning_at === null) {
        yield [['warn_ahead_s'], 'warns, so it needs warning_at'];
      }
      return;
    case 'absence':
      if (set === 'pipeline') yield [['watch', 'set'], 'the pipeline is watched by a threshold of lag_s'];
      if (set === 'model' && keys === undefined) yield [['watch', 'keys'], 'name the models whose absence matters'];
      if (set === 'workflow' && keys === undefined) yield [['watch', 'keys'], 'name the workflows whose absence matters'];
      return;
    case 'liveness':
      if (set !== 'agent' && set !== 'host') yield [['watch', 'set'], 'only agents and hosts can be offline'];
      if (rule.heartbeats_only && set !== 'agent') yield [['heartbeats_only'], 'only agents send heartbeats'];
      return;
    case 'looping':
      if (set !== 'agent') yield [['watch', 'set'], 'only agents have tasks to get on with'];
      return;
    default:
      rule satisfies never;
  }
}

function* watchMistakes({ set, keys, labels, without_labels: without }: Rule['watch']): Generator<Mistake> {
  for (const [name, given] of [
    ['labels', labels],
    ['without_labels', without],
  ] as const) {
    if (given === undefined) continue;
    if (set !== 'agent' && set !== 'host') yield [['watch', name], `only agents and hosts have labels, not ${set}`];
    if (keys !== undefined) yield [['watch', name], 'give keys or labels, not both'];
  }
  if (keys !== undefined && (set === 'fleet' || set === 'pipeline'))
    yield [['watch', 'keys'], `${set} has no keys: leave it out`];
}

function* comparedMistakes(rule: ComparedRule): Generator<Mistake> {
  const { measure, denominator, comparison, warning, error } = rule;
  const { set } = rule.watch;
  const measures: readonly string[] = MEASURES_OF[set];
  if (!measures.includes(measure)) {
    yield [['measure'], `${set} has no ${measure}; it has ${measures.join(', ')}`];
  }
  if (denominator !== undefined && !(measures.includes(denominator) && isCounted(denominator))) {
    yield [['denominator'], `must be one that is counted of ${set}, and ${denominator} is not`];
  }
  if (rule.kind === 'threshold' && rule.per_second && !isCounted(measure)) {
    yield [['per_second'], `${measure} is not counted, so it has no rate`];
  }
  if (rule.kind === 'threshold' && rule.per_second && denominator !== undefined) {
    yield [['per_second'], 'a ratio has no rate: leave out per_second or denominator'];
  }
  if (rule.kind === 'change' && set === 'pipeline') yield [['watch', 'set'], 'of the pipeline nothing is kept to compare with'];
  if (warning === undefined && error === undefined) yield [['warning'], 'give warning, error, or both'];
  const above = comparison === '>' || comparison === '>=';
  const isBeyond = (a: number, b: number) => (above ? a > b : a < b);
  for (const [name, level] of [
    ['warning', warning],
    ['error', error],
  ] as const) {
    if (level === undefined) continue;
    const reason = impossible(rule, level.threshold);
    if (reason !== undefined) yield [[name, 'threshold'], reason];
    if (level.recovery !== undefined && isBeyond(level.recovery, level.threshold)) {
      yield [[name, 'recovery'], `must be ${above ? 'at most' : 'at least'} the threshold, ${level.threshold}`];
    }
    if (level.recovery !== undefined && impossible(rule, level.recovery) !== undefined) {
      yield [[name, 'recovery'], `${measure} never gets there, so the alert would never end`];
    }
  }
  if (warning !== undefined && error !== undefined && isBeyond(warning.threshold, error.threshold)) {
    yield [['error', 'threshold'], `must not be reached before that of the warning, ${warning.threshold}`];
  }
}

/** The least and the greatest value that a rule can see. */
function boundsOfRule(rule: ComparedRule): readonly [min: number, max: number] {
  const [min, max] = boundsOf(rule.measure);
  if (rule.kind === 'change') return [min < 0 ? -Infinity : -100, Infinity];
  if (rule.denominator !== undefined) return [min < 0 ? -Infinity : 0, Infinity];
  return [min, max];
}

/** Why a rule can never, or must always, breach a threshold; undefined where it is a real question. */
function impossible(rule: ComparedRule, threshold: number): string | undefined {
  const { comparison } = rule;
  const [min, max] = boundsOfRule(rule);
  const about = rule.kind === 'change' ? `the change of ${rule.measure}` : rule.measure;
  const isMoot = {
    '>': threshold < min || threshold >= max,
    '>=': threshold <= min || threshold > max,
    '<': threshold <= min || threshold > max,
    '<=': threshold < min || threshold >= max,
  }[comparison];
  if (!isMoot) return undefined;
  const range = max === Infinity ? `is never below ${min}` : `lies between ${min} and ${max}`;
  return `${about} ${range}: ${comparison} ${threshold} says nothing about it`;
}

/** A rule as the API answers it. */
export const storedRuleSchema = z.object({
  id: z.string(),
  /** Grows by one with every change. */
  version: z.number().int(),
  /** Shipped with Fleetbeat. */
  built_in: z.boolean(),
  /** What its alerts are at, at most: firing where any fires. */
  state: z.enum(['inactive', 'pending', 'firing']),
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
  rule: anyRuleSchema,
});
export type StoredRule = z.infer<typeof storedRuleSchema>;

/** What a rule was at one of its versions. */
export const ruleVersionSchema = z.object({
  version: z.number().int(),
  changed_at: z.number(),
  changed_by: z.string(),
  rule: anyRuleSchema,
});
export type RuleVersion = z.infer<typeof ruleVersionSchema>;

/** What a file of rules has done, or (`dry_run`) would have. */
export const rulesImportedSchema = z.object({
  dry_run: z.boolean(),
  created: z.array(z.string()),
  updated: z.array(z.string()),
  unchanged: z.array(z.string()),
});
export type RulesImported = z.infer<typeof rulesImportedSchema>;
