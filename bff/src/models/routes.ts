import * as z from 'zod';
import { modelMetricsSchema } from '@fleetbeat/contracts/api.ts';
import { route, type Route } from '../http/route.ts';
import { windowFields, type RangeOf } from '../http/time-range.ts';
import { rangeAnswer, seriesAnswer } from '../windows/metrics-answer.ts';
import type { ReadWindows } from '../windows/window-reader.ts';

export function modelRoutes({ readWindows, rangeOf }: { readWindows: ReadWindows; rangeOf: RangeOf }): Route[] {
  return [
    route(
      'get',
      '/models/metrics',
      {
        summary: 'Measures by model, the one with the most messages first',
        description: 'Messages that name no model are under `none`.',
        query: z.object(windowFields),
        answer: modelMetricsSchema,
      },
      async ({ query }) => {
        const { range, byKey } = await readWindows({ set: 'model', range: rangeOf(query), sketches: true });
        const models = [...byKey].map(([model, windows]) => ({ model, ...seriesAnswer(windows) }));
        models.sort((a, b) => b.totals.total_messages - a.totals.total_messages || (a.model < b.model ? -1 : 1));
        return { ...rangeAnswer(range), models };
      },
    ),
  ];
}
