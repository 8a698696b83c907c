import * as z from 'zod';
import { annotationInputSchema, annotationSchema, chartMarkSchema } from '@fleetbeat/contracts/annotations.ts';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import { wordSchema } from '@fleetbeat/contracts/text.ts';
import { askerOf } from '../access/asker.ts';
import { pageFields } from '../http/cursor.ts';
import { labelField, labelsOf } from '../http/label-fields.ts';
import { route, type Route } from '../http/route.ts';
import { rangeFields, timeField, timeRange } from '../http/time-range.ts';
import type { AnnotationChanges } from './annotation-changes.ts';
import type { AnnotationsReadModel } from './read-model.ts';

const LABEL = 'What names no other value of these';
const listQuery = z.object({
  from: timeField.optional(),
  to: timeField.optional(),
  tag: wordSchema.optional(),
  label: labelField(LABEL),
  ...pageFields,
});
const params = z.object({ annotation_id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) });

export function annotationRoutes(annotations: AnnotationsReadModel, changes: AnnotationChanges, now: () => number): Route[] {
  return [
    route(
      'get',
      '/annotations',
      {
        summary: 'What was marked on charts, the newest first',
        description: 'With `from` or `to`: what lies in that range at least in part.',
        query: listQuery,
        answer: listSchema(annotationSchema),
      },
      async ({ query: { label, from, to, ...query } }) => {
        const range = from === undefined && to === undefined ? null : timeRange({ from, to }, now());
        return annotations.list({ ...query, range, labels: labelsOf(label) });
      },
    ),
    route(
      'post',
      '/annotations',
      {
        summary: 'Mark a moment or a stretch of time on charts',
        description: 'For a pipeline that deploys: an API key with the scope `operate`.',
        access: 'operate',
        body: annotationInputSchema,
        texts: ['text'],
        answer: annotationSchema,
        status: 201,
      },
      async ({ body, request, response }) => changes.add(askerOf(request, response), body),
    ),
    route(
      'delete',
      '/annotations/{annotation_id}',
      { summary: 'Delete an annotation', access: 'operate', params },
      async ({ params: { annotation_id: id }, request, response }) => changes.remove(askerOf(request, response), id),
    ),
    route(
      'get',
      '/chart-marks',
      {
        summary: 'Annotations and incidents of a range, as charts mark them',
        description: 'The newest 200.',
        query: z.object({
          ...rangeFields,
          label: labelField('Incidents about what carries these, and annotations about nothing else'),
        }),
        answer: z.object({ items: z.array(chartMarkSchema), more: z.boolean() }),
      },
      async ({ query }) => annotations.marks(timeRange(query, now()), labelsOf(query.label)),
    ),
  ];
}
