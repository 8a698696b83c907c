import * as z from 'zod';
import { modelMetricsSchema } from '@fleetbeat/contracts/api.ts';
import { route, type Route } from '../http/route.ts';
import { labelField, labelsOf } from '../http/label-fields.ts';
import { windowFields, type RangeOf } from '../http/time-range.ts';
import { rangeAnswer, seriesAnswer } from '../windows/metrics-answer.ts';
import type { Scope } from '@fleetbeat/infra/series/scope.ts';

export function modelRoutes({ scope, rangeOf }: { scope: Pick<Scope, 'reader'>; rangeOf: RangeOf }): Route[] {
  return [
    route(
      'get',
      '/models/metrics',
      {
        summary: 'Measures by model, the one with the most messages first',
        description:
          'Messages that name no model are under `none`. With labels, everything that an agent sent is counted under the model that ' +
          'it named last: figures are kept by model and by agent, not by both.',
        query: z.object({ ...windowFields, label: labelField('The agents that carry these') }),
        answer: modelMetricsSchema,
      },
      async ({ query }) => {
        const { range, byKey } = await scope.reader(labelsOf(query.label))({
          set: 'model',
          range: rangeOf(query),
          sketches: true,
        });
        const models = [...byKey].map(([model, windows]) => ({ model, ...seriesAnswer(windows) }));
        models.sort((a, b) => b.totals.total_messages - a.totals.total_messages || (a.model < b.model ? -1 : 1));
        return { ...rangeAnswer(range), models };
      },
    ),
  ];
}
