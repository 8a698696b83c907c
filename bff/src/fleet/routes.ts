import * as z from 'zod';
import { WHOLE } from '@fleetbeat/contracts/aggregates.ts';
import { metricsSchema } from '@fleetbeat/contracts/api.ts';
import { moversSchema } from '@fleetbeat/contracts/movers.ts';
import { route, type Route } from '../http/route.ts';
import { labelField, labelsOf } from '../http/label-fields.ts';
import { rangeFields, timeRange, windowFields, type RangeOf } from '../http/time-range.ts';
import { lateField, type ReadLateWindows } from '../windows/late-windows.ts';
import { metricsAnswer } from '../windows/metrics-answer.ts';
import { readMovers } from './read-movers.ts';
import { MAX_SCOPE_AGENTS, type Scope } from '@fleetbeat/infra/series/scope.ts';

interface Effects {
  scope: Pick<Scope, 'reader'>;
  readLateWindows: ReadLateWindows;
  rangeOf: RangeOf;
  now: () => number;
}

export function fleetRoutes({ scope, readLateWindows, rangeOf, now }: Effects): Route[] {
  return [
    route(
      'get',
      '/fleet/metrics',
      {
        summary: 'Measures of the whole fleet, or of what carries labels',
        description: `Of what carries labels: of ${MAX_SCOPE_AGENTS.toLocaleString('en')} agents at most.`,
        query: z.object({ ...windowFields, late: lateField, label: labelField('The agents that carry these together') }),
        answer: metricsSchema,
      },
      async ({ query }) => {
        const labels = labelsOf(query.label);
        const windows = await scope.reader(labels)({ set: 'fleet', keys: [WHOLE], range: rangeOf(query), sketches: true });
        const answer = metricsAnswer(windows, WHOLE);
        // Which windows were late is known of the fleet as a whole and of each agent alone.
        if (query.late !== 'true' || labels !== null) return answer;
        return { ...answer, late_windows: await readLateWindows('fleet', WHOLE, windows.range) };
      },
    ),
    route(
      'get',
      '/movers',
      {
        summary: 'What changed most against the equally long stretch of time before',
        description:
          'Of agents and models their messages, error rate, mean response time and price of a message; of the fleet its kinds of ' +
          'messages. Changes that chance alone could make are left out.',
        query: z.object({ ...rangeFields, label: labelField('Of the agents that carry these') }),
        answer: moversSchema,
      },
      async ({ query }) => readMovers(scope.reader(labelsOf(query.label)), timeRange(query, now()), now()),
    ),
  ];
}
