import * as z from 'zod';
import { severitySchema } from './alerts.ts';
import { labelsSchema } from './events.ts';
import { nameSchema, wordSchema } from './text.ts';
import { bodyTimeSchema } from './time-input.ts';

/** Marks on charts over time: what people and pipelines say has happened, and incidents. Times are epoch milliseconds. */

/** The longest that one annotation may last, in milliseconds. */
export const MAX_ANNOTATION_MS = 31 * 86_400_000;

export const annotationInputSchema = z
  .strictObject({
    /** Now where it is missing. */
    at: bodyTimeSchema.optional(),
    /** Where it ends; a moment where it is missing. */
    until: bodyTimeSchema.optional(),
    text: nameSchema,
    labels: labelsSchema.default({}).describe('Of what it is about: it is shown with a scope that does not contradict them'),
    tags: z.array(wordSchema).max(16).default([]).describe('What it is, such as `deploy`'),
  })
  .refine(({ at, until }) => until === undefined || at !== undefined, { path: ['at'], error: 'is missing beside `until`' })
  .refine(({ at = 0, until = at }) => until >= at && until - at <= MAX_ANNOTATION_MS, {
    path: ['until'],
    error: 'must not lie before `at`, nor more than 31 days after it',
  });
export type AnnotationInput = z.output<typeof annotationInputSchema>;

export const annotationSchema = z.object({
  id: z.number().int(),
  at: z.number(),
  until: z.number(),
  text: z.string(),
  labels: z.record(z.string(), z.string()),
  tags: z.array(z.string()),
  created_at: z.number(),
  created_by: z.string(),
});
export type Annotation = z.infer<typeof annotationSchema>;

/** A mark on a chart. */
export const chartMarkSchema = z.object({
  kind: z.enum(['annotation', 'incident']),
  id: z.number().int(),
  at: z.number(),
  /** The same moment where it is none but that; null while an incident goes on. */
  until: z.number().nullable(),
  text: z.string(),
  tags: z.array(z.string()),
  /** Of an incident. */
  severity: severitySchema.nullable(),
});
export type ChartMark = z.infer<typeof chartMarkSchema>;
