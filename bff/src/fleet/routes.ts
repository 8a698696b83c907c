import * as z from 'zod';
import { WHOLE } from '@fleetbeat/contracts/aggregates.ts';
import { metricsSchema } from '@fleetbeat/contracts/api.ts';
import { route, type Route } from '../http/route.ts';
import { windowFields, type RangeOf } from '../http/time-range.ts';
import { metricsAnswer } from '../windows/metrics-answer.ts';
import type { ReadWindows } from '../windows/window-reader.ts';

export function fleetRoutes({ readWindows, rangeOf }: { readWindows: ReadWindows; rangeOf: RangeOf }): Route[] {
  return [
    route(
      'get',
      '/fleet/metrics',
      { summary: 'Measures of the whole fleet', query: z.object(windowFields), answer: metricsSchema },
      async ({ query }) => {
        const windows = await readWindows({ set: 'fleet', keys: [WHOLE], range: rangeOf(query), sketches: true });
        return metricsAnswer(windows, WHOLE);
      },
    ),
  ];
}
