import * as z from 'zod';
import {
  MAX_SERIES_KEYS,
  MAX_SERIES_MEASURES,
  seriesAnswerSchema,
  seriesMeasureSchema,
  seriesMistake,
  seriesSetSchema,
} from '@fleetbeat/contracts/dashboards.ts';
import { HEATMAP_SETS, latencyHeatmapSchema, MAX_HEATMAP_WINDOWS } from '@fleetbeat/contracts/latency-heatmap.ts';
import { WHOLE } from '@fleetbeat/contracts/aggregates.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { createQuerySeries } from '@fleetbeat/infra/series/query-series.ts';
import { labelField, labelsOf } from '../http/label-fields.ts';
import { route, type Route } from '../http/route.ts';
import { idField } from '../http/text-fields.ts';
import { windowFields, type RangeOf } from '../http/time-range.ts';
import type { Scope } from '@fleetbeat/infra/series/scope.ts';
import { latencyHeatmapOf } from './latency-heatmap.ts';

const MEASURES_PLURAL = `at most ${MAX_SERIES_MEASURES} measures`;
const query = z.object({
  set: seriesSetSchema.describe('What is measured'),
  key: z
    .union([idField, z.array(idField).max(MAX_SERIES_KEYS, `at most ${MAX_SERIES_KEYS} keys`)])
    .optional()
    .describe('Agents, hosts or models; repeat it for several. None of models: those with the most'),
  measure: z
    .union([seriesMeasureSchema, z.array(seriesMeasureSchema).max(MAX_SERIES_MEASURES, MEASURES_PLURAL)])
    .describe('What is measured of it; repeat it for several'),
  label: labelField('Of what carries these alone'),
  ...windowFields,
});

const heatmapQuery = z.object({
  set: z.enum(HEATMAP_SETS).default('fleet').describe('Whose answers'),
  key: idField.optional().describe('The agent or the model; the fleet has none'),
  label: labelField('Of what carries these alone'),
  ...windowFields,
});

interface SeriesParts {
  readonly scope: Pick<Scope, 'reader'>;
  readonly rangeOf: RangeOf;
}

export function seriesRoutes({ scope, rangeOf }: SeriesParts): Route[] {
  return [
    route(
      'get',
      '/series',
      { summary: 'Any measures of some keys, by window and over the whole range', query, answer: seriesAnswerSchema },
      async ({ query: asked }) => {
        const question = { set: asked.set, keys: [asked.key ?? []].flat(), measures: [asked.measure].flat() };
        const mistake = seriesMistake(question);
        if (mistake !== undefined) {
          throw new HttpProblem(400, 'invalid-query', `${mistake.field === 'keys' ? 'key' : 'measure'}: ${mistake.reason}`);
        }
        return createQuerySeries(scope.reader(labelsOf(asked.label)))(question, rangeOf(asked));
      },
    ),
    route(
      'get',
      '/latency-heatmap',
      {
        summary: 'How response times spread: counts by window and by bucket of duration',
        description: `At most ${MAX_HEATMAP_WINDOWS} windows; each count stands within 1% of the bucket it belongs to.`,
        query: heatmapQuery,
        answer: latencyHeatmapSchema,
      },
      async ({ query: { set, key, label, ...asked } }) => {
        if ((set === 'fleet') !== (key === undefined)) {
          throw new HttpProblem(400, 'invalid-query', set === 'fleet' ? 'key: the fleet has none' : `key: name the ${set}`);
        }
        const wanted = rangeOf(asked, MAX_HEATMAP_WINDOWS);
        const windows = (wanted.to - wanted.from) / wanted.stepMs;
        // Rounding outward adds one at either end.
        if (windows > MAX_HEATMAP_WINDOWS + 2) {
          throw new HttpProblem(
            400,
            'too-many-windows',
            `${windows} windows are more than ${MAX_HEATMAP_WINDOWS}: shorten the range or lengthen the step`,
          );
        }
        const { range, byKey } = await scope.reader(labelsOf(label))({
          set,
          keys: [key ?? WHOLE],
          range: wanted,
          sketches: true,
        });
        const heatmap = latencyHeatmapOf(byKey.get(key ?? WHOLE) ?? new Map());
        return { from: range.from, to: range.to, step_ms: range.stepMs, ...heatmap };
      },
    ),
  ];
}
