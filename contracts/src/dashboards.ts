import * as z from 'zod';
import { idSchema } from './events.ts';
import { kindOf } from './measure-words.ts';
import { ALL_MEASURES, MEASURES_OF } from './rule-measures.ts';
import { MAX_STATUS_KEYS, STATUS_SETS } from './status-timeline.ts';
import { linesSchema, nameSchema } from './text.ts';

/**
 * Dashboards that people build: panels on a grid of twelve columns. What a panel draws is a question of `/series`, so that the
 * page and the report on paper say the same.
 */

export const SERIES_SETS = ['fleet', 'model', 'agent', 'host'] as const;
export type SeriesSet = (typeof SERIES_SETS)[number];

/** Keys that one question may name. */
export const MAX_SERIES_KEYS = 20;
/** Measures that one question may name. */
export const MAX_SERIES_MEASURES = 8;
/** Without keys, a question about models is answered for those with the most of the first measure. */
export const TOP_SERIES = 8;

export const seriesSetSchema = z.enum(SERIES_SETS);
export const seriesMeasureSchema = z.enum(ALL_MEASURES);

/** What is wrong with a question, and where; undefined where nothing is. */
export function seriesMistake(ask: {
  set: SeriesSet;
  keys: readonly string[];
  measures: readonly string[];
}): { field: 'keys' | 'measures'; reason: string } | undefined {
  const known: readonly string[] = MEASURES_OF[ask.set];
  const strange = ask.measures.find((measure) => !known.includes(measure));
  if (strange !== undefined) return { field: 'measures', reason: `${ask.set} has no ${strange}; it has ${known.join(', ')}` };
  if (ask.set === 'fleet' && ask.keys.length > 0) return { field: 'keys', reason: 'the fleet has no keys: leave them out' };
  if ((ask.set === 'agent' || ask.set === 'host') && ask.keys.length === 0) {
    return { field: 'keys', reason: `name at least one ${ask.set}` };
  }
  return undefined;
}

/** A measure of a key: its value in each window (null where there is none) and over the whole range. */
export const seriesSchema = z.object({
  key: z.string(),
  measure: z.string(),
  total: z.number().nullable(),
  points: z.array(z.object({ t: z.number(), value: z.number().nullable() })),
});
/** Windows that nobody has anything for are absent. */
export const seriesAnswerSchema = z.object({
  from: z.number(),
  to: z.number(),
  step_ms: z.number(),
  series: z.array(seriesSchema),
});
export type Series = z.infer<typeof seriesSchema>;
export type SeriesAnswer = z.infer<typeof seriesAnswerSchema>;

/** A name that stands for a key, chosen by whoever looks: `$agent`. */
const VARIABLE = /^[a-z][a-z0-9_]{0,31}$/;
/** The variable that a key of a panel stands for, undefined where it is a key. */
export function variableOf(key: string): string | undefined {
  return key.startsWith('$') && VARIABLE.test(key.slice(1)) ? key.slice(1) : undefined;
}

export const COLUMNS = 12;
const place = {
  id: z.string().regex(/^[a-z0-9-]{1,40}$/, 'must be 1 to 40 of a-z, 0-9 and -'),
  x: z
    .number()
    .int()
    .min(0)
    .max(COLUMNS - 1),
  y: z.number().int().min(0).max(999),
  w: z.number().int().min(1).max(COLUMNS),
  h: z.number().int().min(1).max(20),
};

/** Three charts over time; then the whole range as one figure each, as needles, as bars, and as a table. */
export const DISPLAYS = ['line', 'area', 'stack', 'figure', 'gauge', 'bars', 'table'] as const;
export type Display = (typeof DISPLAYS)[number];
/** Over time, on one axis. */
export const CHARTS: readonly Display[] = ['line', 'area', 'stack'];

const seriesPanelSchema = z.strictObject({
  kind: z.literal('series'),
  ...place,
  title: nameSchema,
  set: seriesSetSchema,
  keys: z.array(idSchema).max(MAX_SERIES_KEYS).default([]),
  measures: z.array(seriesMeasureSchema).min(1).max(MAX_SERIES_MEASURES),
  display: z.enum(DISPLAYS).default('line'),
});
const textPanelSchema = z.strictObject({ kind: z.literal('text'), ...place, text: linesSchema });

/** How agents or hosts were over time, and the alerts about them. */
const statusPanelSchema = z.strictObject({
  kind: z.literal('status'),
  ...place,
  title: nameSchema,
  set: z.enum(STATUS_SETS),
  keys: z.array(idSchema).min(1, 'name at least one').max(MAX_STATUS_KEYS),
});

export const panelSchema = z
  .discriminatedUnion('kind', [seriesPanelSchema, textPanelSchema, statusPanelSchema])
  .refine(({ x, w }) => x + w <= COLUMNS, { path: ['w'], error: `reaches over the ${COLUMNS} columns` })
  .superRefine((panel, context) => {
    if (panel.kind !== 'series') return;
    const mistake = seriesMistake(panel) ?? displayMistake(panel);
    if (mistake !== undefined) context.addIssue({ code: 'custom', path: [mistake.field], message: mistake.reason });
  });
export type Panel = z.infer<typeof panelSchema>;
export type SeriesPanel = Extract<Panel, { kind: 'series' }>;
export type TextPanel = Extract<Panel, { kind: 'text' }>;
export type StatusPanel = Extract<Panel, { kind: 'status' }>;

/** Why measures cannot be displayed in a way; undefined where they can. */
export function displayMistake({
  display,
  measures,
}: Pick<SeriesPanel, 'display' | 'measures'>): { field: 'measures' | 'display'; reason: string } | undefined {
  const kinds = measures.map(kindOf);
  if ((CHARTS.includes(display) || display === 'bars') && new Set(kinds).size > 1) {
    return { field: 'measures', reason: 'measures of several units do not share an axis: make two panels, or a table' };
  }
  if (display === 'gauge' && kinds.some((kind) => kind !== 'share' && kind !== 'percent')) {
    return { field: 'display', reason: 'a gauge needs a measure that has an upper end, such as error_rate or cpu_usage' };
  }
  return undefined;
}

export const MAX_VARIABLES = 8;
export const variableNameSchema = z.string().regex(VARIABLE, 'must be a-z, 0-9 and _, and begin with a letter');

const variableSchema = z.strictObject({
  name: variableNameSchema,
  set: z.enum(['agent', 'host', 'model']),
  /** What it stands for until somebody chooses. */
  value: idSchema,
});

export const dashboardInputSchema = z
  .strictObject({
    name: nameSchema,
    description: linesSchema.default(''),
    variables: z.array(variableSchema).max(MAX_VARIABLES).default([]),
    panels: z.array(panelSchema).max(40, 'at most 40 panels').default([]),
  })
  .superRefine(({ variables, panels }, context) => {
    const ids = panels.map((panel) => panel.id);
    if (new Set(ids).size < ids.length)
      context.addIssue({ code: 'custom', path: ['panels'], message: 'two panels have the same id' });
    const names = new Set(variables.map((variable) => variable.name));
    if (names.size < variables.length) {
      context.addIssue({ code: 'custom', path: ['variables'], message: 'two variables have the same name' });
    }
    for (const [index, panel] of panels.entries()) {
      for (const key of panel.kind === 'text' ? [] : panel.keys) {
        const name = variableOf(key);
        if (name === undefined || names.has(name)) continue;
        context.addIssue({ code: 'custom', path: ['panels', index, 'keys'], message: `there is no variable ${name}` });
      }
    }
  });
export type DashboardInput = z.infer<typeof dashboardInputSchema>;

export const dashboardSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  variables: z.array(variableSchema),
  panels: z.array(z.discriminatedUnion('kind', [seriesPanelSchema, textPanelSchema, statusPanelSchema])),
  created_at: z.number(),
  created_by: z.string(),
  updated_at: z.number(),
  updated_by: z.string(),
  /** Grows with every change: its ETag. */
  revision: z.number().int(),
});
export type Dashboard = z.infer<typeof dashboardSchema>;

export const dashboardSummarySchema = dashboardSchema
  .omit({ panels: true, variables: true })
  .extend({ panels: z.number().int() });
export type DashboardSummary = z.infer<typeof dashboardSummarySchema>;
