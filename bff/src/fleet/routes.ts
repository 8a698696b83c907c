import * as z from 'zod';
import { WHOLE } from '@fleetbeat/contracts/aggregates.ts';
import { metricsSchema } from '@fleetbeat/contracts/api.ts';
import { route, type Route } from '../http/route.ts';
import { windowFields, type RangeOf } from '../http/time-range.ts';
import { lateField, type ReadLateWindows } from '../windows/late-windows.ts';
import { metricsAnswer } from '../windows/metrics-answer.ts';
import type { ReadWindows } from '../windows/window-reader.ts';

interface Effects {
  readWindows: ReadWindows;
  readLateWindows: ReadLateWindows;
  rangeOf: RangeOf;
}

export function fleetRoutes({ readWindows, readLateWindows, rangeOf }: Effects): Route[] {
  return [
    route(
      'get',
      '/fleet/metrics',
      { summary: 'Measures of the whole fleet', query: z.object({ ...windowFields, late: lateField }), answer: metricsSchema },
      async ({ query }) => {
        const windows = await readWindows({ set: 'fleet', keys: [WHOLE], range: rangeOf(query), sketches: true });
        const answer = metricsAnswer(windows, WHOLE);
        if (query.late !== 'true') return answer;
        return { ...answer, late_windows: await readLateWindows('fleet', WHOLE, windows.range) };
      },
    ),
  ];
}
