import * as z from 'zod';
import {
  MAX_SERIES_KEYS,
  MAX_SERIES_MEASURES,
  seriesAnswerSchema,
  seriesMeasureSchema,
  seriesMistake,
  seriesSetSchema,
} from '@fleetbeat/contracts/dashboards.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { QuerySeries } from '@fleetbeat/infra/series/query-series.ts';
import { route, type Route } from '../http/route.ts';
import { idField } from '../http/text-fields.ts';
import { windowFields, type RangeOf } from '../http/time-range.ts';

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
  ...windowFields,
});

export function seriesRoutes({ querySeries, rangeOf }: { querySeries: QuerySeries; rangeOf: RangeOf }): Route[] {
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
        return querySeries(question, rangeOf(asked));
      },
    ),
  ];
}
